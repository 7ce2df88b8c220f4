package io.nightshift.cli.init;

import com.fasterxml.jackson.databind.node.TextNode;
import io.nightshift.cli.init.FeatureMapping.Column;
import io.nightshift.cli.init.FeatureMapping.Mapped;
import io.nightshift.cli.init.FeatureMapping.Same;
import io.nightshift.cli.init.FeatureMapping.Unlisted;
import io.nightshift.cli.init.FeatureMapping.Unmapped;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The text of a new job file, with a comment for each key.
///
/// @param job its name
/// @param model a file, or a registered model
/// @param source with paths relative to the job file, or absolute
/// @param id the column that identifies a row, or null
/// @param passed columns of the data that readers of the predictions may want
record NewJobFile(
        String job,
        String model,
        NewSource source,
        @Nullable String id,
        NewDestination destination,
        FeatureMapping mapping,
        List<String> passed) {

    private static final String PLAIN = "[A-Za-z_./*][A-Za-z0-9_./*?@()+, =-]*";

    String text() {
        StringBuilder text = new StringBuilder("""
            # A job for Nightshift. The page docs/reference/job-file.md, which comes with the program, describes each key.
            #
            #   nightshift plan FILE     prints what a run would do
            #   nightshift run FILE      scores the data and publishes the predictions
            #
            # Relative paths start at this file's folder.

            job: %s

            # A model file, or a registered model: name, name@version, name@alias, name@sha256:digest.
            model: %s

            source:
            %s
            """.formatted(value(job), value(model), source.yaml()));
        id(text);
        select(text);
        if (!mapping.isNamed()) {
            features(text);
        }
        categories(text);
        text.append("\n").append(destination.yaml());
        text.append("""

                errors:
                  # The batch fails if more of its rows than this can't be scored.
                  max-rate: 0.01

                # Columns of the source that are copied next to each prediction.
                """);
        String columns = passed.stream().map(NewJobFile::value).collect(Collectors.joining(", "));
        text.append(
                passed.isEmpty()
                        ? "# output:\n#   columns: [COLUMN, COLUMN]\n"
                        : "# output:\n#   columns: [%s]\n".formatted(columns));
        return text.toString();
    }

    private void id(StringBuilder text) {
        text.append(id == null ? """
                          # The column that identifies a row. Without it, a row is known by its file and its position.
                          # id: COLUMN
                        """ : """
                          # The column that identifies a row. With unique-id, an ID that occurs twice fails the batch.
                          id: %s
                          # unique-id: true
                        """.formatted(value(id)));
    }

    private void select(StringBuilder text) {
        text.append("""

                  # Computed columns, as DuckDB SQL over the data's columns. The model finds its features by their names,
                  # among these and the data's columns.
                """);
        List<Mapped> features = mapping.isNamed() ? mapping.features() : List.of();
        if (features.stream().anyMatch(NewJobFile::isSelected)) {
            text.append("  select:\n");
        } else if (!mapping.hasColumns()) {
            // A key without a value would be a mistake, and would hide the features that have no column.
            text.append("  # select:\n");
        } else {
            text.append("  # select:\n  #   NAME: EXPRESSION\n");
        }
        for (Mapped mapped : features) {
            switch (mapped) {
                case Same same -> {}
                case Column(String feature, String column) ->
                    text.append("    %s: %s\n".formatted(value(feature), value(FeatureMapping.name(column))));
                case Unlisted unlisted -> {
                    if (isSelected(unlisted)) {
                        text.append("    %s: %s\n"
                                .formatted(value(unlisted.feature()), value(FeatureMapping.name(unlisted.column()))));
                    }
                }
                case Unmapped(String feature, String reason, String proposal) ->
                    text.append("    # %s: %s.\n".formatted(feature, reason).replaceAll("\\p{Cntrl}(?!$)", " "))
                            .append("    # %s: %s\n"
                                    .formatted(value(feature), proposal == null ? "EXPRESSION" : value(proposal)));
            }
        }
    }

    /// Whether a feature has an entry under `source.select`.
    private static boolean isSelected(Mapped mapped) {
        return switch (mapped) {
            case Same same -> false;
            case Column column -> true;
            case Unlisted unlisted -> !unlisted.column().equals(unlisted.feature());
            case Unmapped unmapped -> false;
        };
    }

    private void categories(StringBuilder text) {
        List<Unlisted> unlisted = mapping.unlisted();
        if (unlisted.isEmpty()) {
            return;
        }
        text.append("""

            # The data has texts for these features, and the model file has only numbers. List the texts in the order of the
            # numbers, from 0. These are the texts of the data, sorted; check that this is the order of training.
            # categories:
            """);
        for (Unlisted each : unlisted) {
            String texts = each.found().isEmpty()
                    ? "FIRST, SECOND"
                    : each.found().stream().map(NewJobFile::value).collect(Collectors.joining(", "));
            text.append("#   %s: [%s]\n".formatted(value(mapping.isNamed() ? each.feature() : each.column()), texts));
        }
    }

    private void features(StringBuilder text) {
        if (mapping.hasColumns()) {
            text.append("""

                    # The model does not name its features. These are the data's columns in their order. Check that it is the order
                    # in which the model was trained.
                    features:
                    """);
            for (Mapped feature : mapping.features()) {
                switch (feature) {
                    case Same(String name) -> text.append("  - %s\n".formatted(value(name)));
                    case Column(String name, String column) -> text.append("  - %s\n".formatted(value(column)));
                    case Unlisted unlisted -> text.append("  - %s\n".formatted(value(unlisted.column())));
                    case Unmapped unmapped -> {}
                }
            }
        } else {
            text.append("""

                    # The model does not name its %d features. List the columns in the order in which the model was trained.
                    # features: [COLUMN, COLUMN]
                    """.formatted(mapping.features().size()));
        }
    }

    /// A text as YAML, in quotes where YAML would read it as something else.
    static String value(String text) {
        boolean isPlain = text.matches(PLAIN)
                && !text.startsWith("*")
                && !text.endsWith(" ")
                && !text.contains(", ")
                && !text.matches("(?i)true|false|null|yes|no|on|off|[.].*");
        return isPlain ? text : new TextNode(text).toString();
    }
}
