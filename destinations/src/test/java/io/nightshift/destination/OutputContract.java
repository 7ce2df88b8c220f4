package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputConstant;
import io.nightshift.protocol.job.OutputDecision;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.TestModels;
import io.nightshift.storage.duckdb.DuckDb;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract about the published predictions: what their columns are, and how they are read back.
abstract class OutputContract extends ContractFixture {

    @Nested
    @OfTheFiles
    class TheFirstRows {

        @Test
        void areThoseOfTheFirstPartsInOrder() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            FirstRows head = store().predictions().head(ContractBatch.ID, publication.destination(), 15);

            assertThat(head.columns()).startsWith("record_id", "prediction").contains("batch_id", "predicted_at");
            int batchId = head.columns().indexOf("batch_id");
            assertThat(head.rows())
                    .hasSize(15)
                    .allSatisfy(row -> assertThat(row.get(batchId)).isEqualTo(ContractBatch.ID.value()));
            assertThat(head.rows())
                    .extracting(List::getFirst)
                    .startsWith("r0", "r1")
                    .doesNotHaveDuplicates();
        }

        @Test
        void areAllRowsIfTheBatchHasNoMore() throws Exception {
            Publication publication = store().publish(committed());

            assertThat(store().predictions()
                            .head(ContractBatch.ID, publication.destination(), 1000)
                            .rows())
                    .hasSize(28);
        }
    }

    @Nested
    @OfTheFiles
    class ThePublishedPredictions {

        @Test
        void canBeReadInDuckDb() throws Exception {
            Publication publication = store().publish(committed());

            try (DuckDb duckDb = DuckDb.open(256L << 20, folder.resolve("spill"));
                    Connection connection = duckDb.connect();
                    Statement statement = connection.createStatement()) {
                store().predictions().open(ContractBatch.ID, publication.destination(), connection, "the predictions");
                try (ResultSet rows = statement.executeQuery("""
                        SELECT count(*), count(DISTINCT record_id), count(CAST(prediction AS DOUBLE)), min(batch_id)
                        FROM "the predictions"
                        """)) {
                    rows.next();
                    assertThat(rows.getLong(1)).isEqualTo(ALL.predictions());
                    assertThat(rows.getLong(2)).isEqualTo(ALL.distinct());
                    assertThat(rows.getLong(3)).isEqualTo(ALL.predictions());
                    assertThat(rows.getString(4)).isEqualTo(ContractBatch.ID.value());
                }
            }
        }
    }

    @Nested
    class EveryKindOfColumn {

        private static final ModelDescription CLASSES = new ModelDescription(
                "test", "three", Task.MULTICLASS, List.of(TestModels.number("f0")), List.of("0", "1", "2"), Map.of());

        private final Job.Output shape = new Job.Output(
                List.of("note"),
                false,
                Map.of("0", "early", "1", "punctual", "2", "it's late"),
                2,
                List.of(
                        new OutputDecision("alert", "2", 0.5, "id", Map.of("r1", 0.7)),
                        new OutputDecision("early", "0", 0.2, null, Map.of())),
                List.of(
                        new OutputConstant("region", OutputConstant.Type.TEXT, "it's \"north\""),
                        new OutputConstant("release", OutputConstant.Type.INTEGER, "-7"),
                        new OutputConstant("weight", OutputConstant.Type.NUMBER, "0.25"),
                        new OutputConstant("final", OutputConstant.Type.BOOLEAN, "true"),
                        new OutputConstant("day", OutputConstant.Type.DATE, "2026-11-25"),
                        new OutputConstant("at", OutputConstant.Type.TIMESTAMP, "2026-11-25T22:30:05")),
                Map.of("class_1", columnName(), "early", "is_early"));

        @Test
        void isReadAsItWasWritten() throws Exception {
            batch.close();
            String outputs = "CASE output WHEN 0 THEN 2 WHEN 1 THEN 0.125 WHEN 2 THEN 0.25 WHEN 3 THEN 0.625"
                    + " WHEN 4 THEN 2 WHEN 5 THEN 1 WHEN 6 THEN 0.625 ELSE 0.25 END::DOUBLE";
            batch = new ContractBatch(folder, destination(), CLASSES, shape, outputs);
            assertThat(store().check(batch.job(), CLASSES)).isEmpty();
            CommittedBatch committed = committed();

            Publication publication = store().publish(committed);

            FirstRows head = store().predictions().head(ContractBatch.ID, publication.destination(), 2);
            assertThat(head.columns())
                    .startsWith(
                            "record_id",
                            "prediction",
                            "probability_0",
                            "probability_1",
                            "probability_2",
                            columnName(),
                            "score_1",
                            "class_2",
                            "score_2",
                            "note",
                            "alert",
                            "is_early",
                            "region",
                            "release",
                            "weight",
                            "final",
                            "day",
                            "at",
                            "model_name");
            assertThat(values(head.rows().getFirst()))
                    .startsWith(
                            "r0",
                            "it's late",
                            "0.125",
                            "0.25",
                            "0.625",
                            "it's late",
                            "0.625",
                            "punctual",
                            "0.25",
                            "null",
                            "1",
                            "0",
                            "it's \"north\"",
                            "-7",
                            "0.25",
                            "1",
                            "2026-11-25",
                            "2026-11-25 22:30:05");
            // The segment has a greater threshold.
            assertThat(values(head.rows().getLast()).get(head.columns().indexOf("alert")))
                    .isEqualTo("0");
            assertPublished(committed, publication);
            assertThat(PublishedSchema.newest(store(), batch.job().name()))
                    .contains(new PublishedSchema(ContractBatch.ID, batch.schema()));
            assertThat(batch.schema().columns())
                    .extracting(OutputSchema.Column::name)
                    .isEqualTo(
                            head.columns().subList(0, batch.schema().columns().size()));
        }

        /// As all destinations write them: MySQL has 1 and 0 for true and false.
        private List<String> values(List<@Nullable Object> row) {
            return row.stream()
                    .map(value -> String.valueOf(value)
                            .replaceAll("^([0-9-]{10})T", "$1 ")
                            .replaceAll("(:[0-9]{2})[.]0+$", "$1")
                            .replaceAll("^true$", "1")
                            .replaceAll("^false$", "0"))
                    .toList();
        }
    }
}
