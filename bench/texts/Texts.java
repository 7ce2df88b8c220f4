import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Scores texts with the exported models and with scikit-learn itself, in turn: see `bench/texts.sh`.
///
/// The arguments are the folder of the models, the number of rounds, that of rows, and a Python with scikit-learn.
public final class Texts {

    private static final int CHUNK = 2048;
    private static final int WARM_UPS = 2;

    private Texts() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        int rows = Integer.parseInt(arguments[2]);
        Path lines = folder.resolve("lines");
        ProcessBuilder writer = new ProcessBuilder(
                arguments[3], "-B", "bench/texts/texts.py", "lines", lines.toString(), arguments[2]);
        if (writer.inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException("the texts could not be written");
        }
        List<String> texts = Files.readAllLines(lines);
        System.out.println("| model | scikit-learn, rows/s | Nightshift | ratio | the same bits | largest difference |");
        System.out.println("|---|---|---|---|---|---|");
        for (String name : List.of("words", "hashing", "characters")) {
            ProcessBuilder builder = new ProcessBuilder(
                    arguments[3],
                    "-B",
                    "bench/texts/texts.py",
                    "memory",
                    folder.resolve(name + ".joblib").toString(),
                    Integer.toString(rows));
            builder.environment().put("OMP_NUM_THREADS", "1");
            builder.environment().put("OPENBLAS_NUM_THREADS", "1");
            Process python = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try (BufferedReader answers =
                            new BufferedReader(new InputStreamReader(python.getInputStream(), StandardCharsets.UTF_8));
                    PrintWriter orders = new PrintWriter(python.getOutputStream(), true)) {
                require(answers, "ready");
                measure(name, Model.load(folder.resolve(name + ".json")), texts, rounds, orders, answers, folder);
            }
        }
    }

    private static void require(BufferedReader answers, String expected) throws IOException {
        String answer = answers.readLine();
        if (!expected.equals(answer)) {
            throw new IllegalStateException("Python says " + answer + ", and not " + expected);
        }
    }

    private static void measure(
            String name,
            Model model,
            List<String> texts,
            int rounds,
            PrintWriter orders,
            BufferedReader answers,
            Path folder)
            throws IOException {
        int rows = texts.size();
        TextTable table = new TextTable();
        Scorer scorer = model.scorer(table);
        double[] ours = new double[rows];
        double[] slow = new double[rounds];
        double[] fast = new double[rounds];
        for (int round = -WARM_UPS; round < rounds; round++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            score(scorer, table, texts, ours);
            long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
            orders.println("time");
            double theirs = Double.parseDouble(answers.readLine());
            if (round >= 0) {
                fast[round] = 1e9 * rows / spent;
                slow[round] = rows / theirs;
            }
        }
        Path file = folder.resolve("probabilities");
        orders.println(file);
        answers.readLine();
        require(answers, "written");
        ByteBuffer theirs = ByteBuffer.wrap(Files.readAllBytes(file));
        int same = 0;
        double largest = 0;
        for (double our : ours) {
            double their = theirs.getDouble();
            same += our == their ? 1 : 0;
            largest = Math.max(largest, Math.abs(our - their));
        }
        Arrays.sort(slow);
        Arrays.sort(fast);
        System.out.printf(
                Locale.ROOT,
                "| %s | %,.0f (%,.0f–%,.0f) | %,.0f (%,.0f–%,.0f) | **%.1f** | %.1f %% | %.0e |%n",
                name,
                slow[rounds / 2],
                slow[0],
                slow[rounds - 1],
                fast[rounds / 2],
                fast[0],
                fast[rounds - 1],
                fast[rounds / 2] / slow[rounds / 2],
                100.0 * same / rows,
                largest);
    }

    private static void score(Scorer scorer, TextTable table, List<String> texts, double[] probabilities) {
        double[][] features = new double[1][CHUNK];
        double[][] outputs = new double[2][CHUNK];
        for (int from = 0; from < texts.size(); from += CHUNK) {
            int count = Math.min(CHUNK, texts.size() - from);
            table.clear();
            for (int row = 0; row < count; row++) {
                features[0][row] = table.add(texts.get(from + row));
            }
            scorer.score(features, count, outputs);
            System.arraycopy(outputs[1], 0, probabilities, from, count);
        }
    }
}
