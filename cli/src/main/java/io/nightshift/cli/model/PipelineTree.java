package io.nightshift.cli.model;

import io.nightshift.cli.output.TextTable;
import io.nightshift.scoring.model.ModelPart;
import java.io.PrintWriter;
import java.util.List;

/// The parts of a pipeline as an indented list: a line for each pipeline in it, and one for each step.
final class PipelineTree {

    private static final int MOST_FEATURES = 4;

    private PipelineTree() {}

    static void print(List<ModelPart> parts, PrintWriter out) {
        TextTable table = new TextTable()
                .left("  STEP")
                .left("DOES")
                .right("READS")
                .right("GIVES")
                .left("FROM");
        List<String> opened = List.of();
        for (ModelPart part : parts) {
            List<String> names = List.of(part.name().split("/", -1));
            List<String> around = names.subList(0, names.size() - 1);
            for (int level = shared(opened, around); level < around.size(); level++) {
                table.row(indented(level, around.get(level)), "", "", "", "");
            }
            table.row(
                    indented(around.size(), names.getLast()),
                    part.work(),
                    columns(part.inputs()),
                    columns(part.outputs()),
                    features(part.features()));
            opened = around;
        }
        table.print(out);
    }

    /// The number of pipelines that two places have in common.
    private static int shared(List<String> opened, List<String> around) {
        int shared = 0;
        while (shared < Math.min(opened.size(), around.size())
                && opened.get(shared).equals(around.get(shared))) {
            shared++;
        }
        return shared;
    }

    private static String indented(int level, String name) {
        return "  ".repeat(level + 1) + name;
    }

    private static String columns(int count) {
        return count == 1 ? "1 column" : "%,d columns".formatted(count);
    }

    private static String features(List<String> features) {
        String first = String.join(", ", features.subList(0, Math.min(MOST_FEATURES, features.size())));
        return features.size() > MOST_FEATURES ? first + ", …" : first;
    }
}
