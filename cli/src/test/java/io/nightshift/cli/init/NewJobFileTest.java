package io.nightshift.cli.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.PostgresDestination;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The text of a new job file, as the parser reads it.
final class NewJobFileTest {

    private static final FeatureMapping MAPPING =
            new FeatureMapping(List.of(new FeatureMapping.Same("a"), new FeatureMapping.Column("b", "B b")), true);

    private static Job job(String data, @Nullable String id, String destination) {
        NewJobFile file = new NewJobFile(
                "churn",
                "churn@2",
                new NewSource(NewSource.Kind.PARQUET, List.of(data), ","),
                id,
                NewDestination.parse(destination),
                MAPPING,
                List.of("x"));
        return JobFile.parse(file.text(), Path.of("/jobs/job.yaml"), List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "no",
                "null",
                "yes # not",
                "a: b",
                "a, b",
                "- a",
                "\"quoted\"",
                "it's",
                "customer id ",
                "Größe",
                "{a}",
                "0x1F",
                "12",
                "*a",
                "@b",
                "a\tb"
            })
    void everyNameOfAColumnIsReadAsItIs(String name) {
        // Names that the parser refuses have a message of their own; here all are texts.
        assertThat(JobFile.parse(
                                "job: a\nmodel: m\nfeatures: [%s]\nsource: {parquet: p}\ndestination: {parquet: d}\n"
                                        .formatted(NewJobFile.value(name)),
                                Path.of("job.yaml"),
                                List.of())
                        .features())
                .containsExactly(name);
    }

    @Test
    void theJobIsWhatTheOptionsSay() {
        Job job = job("in/*.parquet", "id", "out");

        assertThat(job.name()).isEqualTo("churn");
        assertThat(job.model().text()).isEqualTo("churn@2");
        assertThat(job.source().input()).hasToString("/jobs/in/*.parquet");
        assertThat(job.source().id()).isEqualTo("id");
        assertThat(job.source().select()).containsExactly(java.util.Map.entry("b", "\"B b\""));
        assertThat(job.destination()).hasToString("/jobs/out");
    }

    @Test
    void everyKindOfDestinationCanBeNamed() {
        assertThat(job("p", null, "csv:out").destination())
                .isEqualTo(new CsvDestination("/jobs/out", CsvDestination.Compression.GZIP));
        assertThat(job("p", null, "postgres:warehouse/scores.delays").destination())
                .isEqualTo(new PostgresDestination("warehouse", "scores", "delays", List.of()));
        assertThatThrownBy(() -> NewDestination.parse("postgres:warehouse"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("expected postgres:DATA_SOURCE/TABLE");
    }

    private static Job source(NewSource source, FeatureMapping mapping) {
        NewJobFile file =
                new NewJobFile("churn", "churn@2", source, null, NewDestination.parse("out"), mapping, List.of());
        return JobFile.parse(file.text(), Path.of("/jobs/job.yaml"), List.of());
    }

    @Test
    void everyKindOfSourceIsReadAsItIsWritten() {
        List<NewSource> sources = List.of(
                new NewSource(NewSource.Kind.PARQUET, List.of("/in/a.parquet", "/in/b.parquet"), ","),
                new NewSource(NewSource.Kind.CSV, List.of("/in/a, b.csv"), ","),
                new NewSource(NewSource.Kind.CSV, List.of("/in/a.tsv"), "\t"),
                new NewSource(NewSource.Kind.CSV, List.of("/in/a.csv"), ";"),
                new NewSource(NewSource.Kind.NDJSON, List.of("/in"), ","),
                new NewSource(NewSource.Kind.POSTGRES, List.of("crm/public.customers"), ","),
                new NewSource(NewSource.Kind.MARIADB, List.of("crm/customers"), ","));

        assertThat(sources)
                .allSatisfy(source ->
                        assertThat(source(source, MAPPING).source().input()).isEqualTo(source.input()));
    }

    @Test
    void theListOfTextsIsReadOnceItsCommentSignsAreRemoved() {
        FeatureMapping mapping = new FeatureMapping(
                List.of(
                        new FeatureMapping.Unlisted("plan", "Plan", List.of("a b", "it's", "no", "x, y")),
                        new FeatureMapping.Unlisted("shop", "shop", List.of())),
                true);
        NewJobFile file = new NewJobFile(
                "churn",
                "churn@2",
                new NewSource(NewSource.Kind.CSV, List.of("a.csv"), ","),
                null,
                NewDestination.parse("out"),
                mapping,
                List.of());

        Job job = JobFile.parse(
                file.text().replace("# categories:", "categories:").replaceAll("(?m)^#   (plan|shop)", "  $1"),
                Path.of("/jobs/job.yaml"),
                List.of());

        assertThat(job.categoriesOf("plan")).containsExactly("a b", "it's", "no", "x, y");
        assertThat(job.source().select()).containsExactly(java.util.Map.entry("plan", "\"Plan\""));
        assertThat(source(new NewSource(NewSource.Kind.CSV, List.of("a.csv"), ","), mapping)
                        .categories())
                .as("a guess is not scored with")
                .isEmpty();
    }
}
