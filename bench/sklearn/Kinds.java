import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Compares the scores of the models that `kinds.py` exported with those of scikit-learn, and prints the counts.
/// Exits with 1 if a score differs by more than [#TOLERANCE], or if an error was unexpected.
public final class Kinds {

    /// Relative to the larger of 1 and the value.
    private static final double TOLERANCE = 1e-11;

    private record Variant(String kind, String name, String outcome, String reason) {}

    private Kinds() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        List<String> lines = Files.readAllLines(folder.resolve("kinds.tsv"));
        Map<String, List<Variant>> kinds = new TreeMap<>();
        int variants = 0;
        for (String line : lines.subList(1, lines.size())) {
            String[] parts = line.split("\t", 4);
            Variant variant = new Variant(parts[0], parts[1], parts[2], parts[3]);
            variants++;
            kinds.computeIfAbsent(variant.kind, each -> new ArrayList<>())
                    .add(variant.outcome.equals("exported") ? scored(folder, variant) : variant);
        }
        System.out.printf(
                "scikit-learn %s: %d classes in %d uses%n",
                lines.getFirst().split("\t")[1], kinds.size(), variants);
        boolean wrong = false;
        for (String outcome : List.of("equal", "differs", "failed", "refused", "untrained")) {
            List<Variant> found = kinds.values().stream()
                    .flatMap(List::stream)
                    .filter(each -> each.outcome.equals(outcome))
                    .toList();
            System.out.printf("%n%s: %d uses of %d classes%n", outcome, found.size(), kindsOf(found));
            if (outcome.equals("equal")) {
                System.out.println(String.join(" ", found.stream().map(Variant::name).toList()));
            } else {
                found.forEach(each -> System.out.printf("  %s: %s%n", each.name, each.reason));
            }
            wrong |= !found.isEmpty() && (outcome.equals("differs") || outcome.equals("failed"));
        }
        System.exit(wrong ? 1 : 0);
    }

    private static long kindsOf(List<Variant> variants) {
        return variants.stream().map(Variant::kind).distinct().count();
    }

    private static Variant scored(Path folder, Variant variant) throws IOException {
        try {
            Model model = Model.load(folder.resolve(variant.name + ".json"));
            String difference = difference(model, Files.readAllLines(folder.resolve(variant.name + ".rows")));
            return new Variant(variant.kind, variant.name, difference.isEmpty() ? "equal" : "differs", difference);
        } catch (ModelException refused) {
            return new Variant(variant.kind, variant.name, "differs", refused.getMessage());
        }
    }

    private static String difference(Model model, List<String> lines) {
        int[] counts = Stream.of(lines.getFirst().split(" ")).mapToInt(Integer::parseInt).toArray();
        String[][] rows =
                lines.stream().skip(1).map(line -> line.split("\t")).toArray(String[][]::new);
        TextTable texts = new TextTable();
        double[][] features = new double[counts[0]][rows.length];
        for (int i = 0; i < counts[0]; i++) {
            int column = i;
            boolean isText = model.description().features().get(i).type() instanceof FeatureType.Text;
            Arrays.setAll(features[i], row -> {
                String value = rows[row][column];
                return isText ? texts.add(value) : Double.parseDouble(value);
            });
        }
        int outputs = model.description().outputs();
        if (outputs != counts[1]) {
            return "has %d outputs, and scikit-learn %d".formatted(outputs, counts[1]);
        }
        double[][] scores = new double[outputs + model.description().margins()][rows.length];
        model.scorer(texts).score(features, rows.length, scores);
        int compared = Math.min(scores.length, rows[0].length - counts[0]);
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < compared; i++) {
                double library = Double.parseDouble(rows[row][counts[0] + i]);
                if (!(Math.abs(scores[i][row] - library) <= TOLERANCE * Math.max(1, Math.abs(library)))
                        && !(Double.isNaN(scores[i][row]) && Double.isNaN(library))) {
                    return "result %d of row %d is %s, and %s in scikit-learn".formatted(i, row, scores[i][row], library);
                }
            }
        }
        return "";
    }
}
