package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The tutorial of a pipeline of one's own data: its commands, over customers with texts, booleans and gaps.
final class YourPipelineIT {

    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

    @TempDir
    private Path folder;

    private String python = "";

    @BeforeEach
    void customers() throws Exception {
        for (String candidate : PYTHONS) {
            if (python.isEmpty()
                    && attempt(candidate, "-c", "import sklearn, pandas").status() == 0) {
                python = candidate;
            }
        }
        assumeTrue(!python.isEmpty(), "a Python with scikit-learn and pandas");
        StringBuilder csv = new StringBuilder();
        List<String> kept = Files.readAllLines(Checkout.path("system-tests/src/test/resources/pipeline/customers.csv"));
        csv.append(kept.getFirst()).append(",churned\n");
        for (int row = 1; row < kept.size(); row++) {
            csv.append(kept.get(row)).append(row % 3 == 0 ? ",yes\n" : ",no\n");
        }
        Files.writeString(folder.resolve("customers.csv"), csv);
    }

    @Test
    void theCommandsOfTheTutorialScoreAsTrainingDid() throws Exception {
        Ran trained =
                python("examples/pipeline/train.py", in("customers.csv"), "--target", "churned", "--id", "customer");
        assertThat(trained.output()).contains("500 rows, 5 columns, predicts 2 classes", "the column probability");
        python("tools/export-sklearn.py", in("model.joblib"), in("model.json"));
        nightshift("model", "import", in("model.json"), "--name", "churn");

        String shown = nightshift("model", "show", "churn");
        nightshift(
                "init",
                "--data",
                in("customers.csv"),
                "--id",
                "customer",
                "--model",
                "churn",
                "--file",
                in("job.yaml"));
        nightshift("plan", in("job.yaml"));
        String compared = nightshift(
                "model",
                "check",
                "--job",
                in("job.yaml"),
                "--expected",
                in("expected.csv"),
                "--column",
                "probability",
                "--tolerance",
                "1e-13");
        String published = nightshift("run", in("job.yaml"));

        assertThat(shown)
                .containsPattern(
                        "columntransformer\n +numbers\n +simpleimputer +impute +3 columns +3 columns +age, income, shops")
                .containsPattern("logisticregression +linear, .*threshold");
        assertThat(compared).containsPattern("compared +500\n").contains("All compared rows are equal.");
        assertThat(published).contains("Published 500 predictions");
    }

    @Test
    void aColumnThatTheFileLacksIsNamed() throws Exception {
        Ran refused = attempt(
                python,
                Checkout.path("examples/pipeline/train.py").toString(),
                in("customers.csv"),
                "--target",
                "churn",
                "--id",
                "customer");

        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.output()).contains("customers.csv has no column churn; it has customer, plan, age");
    }

    private String in(String name) {
        return folder.resolve(name).toString();
    }

    private String nightshift(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--home", in("home")));
        CommandResult result = InProcess.run(all.toArray(String[]::new));
        return result.expect(0).out();
    }

    private Ran python(String script, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(python, Checkout.path(script).toString()));
        all.addAll(List.of(arguments));
        Ran ran = attempt(all.toArray(String[]::new));
        assertThat(ran.status()).as(ran.output()).isZero();
        return ran;
    }

    private record Ran(int status, String output) {}

    private static Ran attempt(String... command) throws Exception {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(1, List.of("-B", "-W", "ignore"));
        Process process;
        try {
            process = new ProcessBuilder(all).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return new Ran(-1, String.valueOf(missing.getMessage()));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ran(process.waitFor(), output);
    }
}
