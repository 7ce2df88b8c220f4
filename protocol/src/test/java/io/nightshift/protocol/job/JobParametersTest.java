package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobParametersTest {

    private static final Path FILE = Path.of("/jobs/churn.yaml");

    private static final String JOB = """
            job: churn
            model: churn@3
            parameters:
              day: date
              region: {type: text, default: eu}
              most: {type: integer, default: 7}
              at: {type: timestamp, default: 2026-11-25T22:30}
            features: ["'{plain}' || {most}"]
            source:
              parquet: lake/dt={day}/{day:yyyy/MM}/{region}-*.parquet
              select: {age: "date_diff('day', born, {day})", stamp: "{at}", month: "{day:yyyyMM}"}
              where: region = {region} and n < {most}
            destination: {parquet: "out/{region}"}
            """;

    private static Job parse(String yaml, Map<String, String> values) {
        return JobFile.parse(yaml.getBytes(StandardCharsets.UTF_8), FILE, List.of(), values);
    }

    private static Job parse(Map<String, String> values) {
        return parse(JOB.replace("'{plain}' || ", ""), values);
    }

    private static String with(String where) {
        return "{job: a, model: m, parameters: {day: date, text: text}, source: {parquet: p, where: \"%s\"}, destination: {parquet: d}}"
                .formatted(where);
    }

    @Test
    void pathsAndExpressionsContainTheValues() {
        Job job = parse(Map.of("day", "2026-11-25", "region", "o'neill", "most", "-5"));

        assertThat(((ParquetInput) job.source().input()).paths())
                .containsExactly("/jobs/lake/dt=2026-11-25/2026/11/o'neill-*.parquet");
        assertThat(job.source().select())
                .containsEntry("age", "date_diff('day', born, DATE '2026-11-25')")
                .containsEntry("stamp", "TIMESTAMP '2026-11-25 22:30:00'")
                .containsEntry("month", "'202611'");
        assertThat(job.source().where()).isEqualTo("region = 'o''neill' and n < (-5)");
        assertThat(job.features()).containsExactly("(-5)");
        assertThat(job.destination()).isEqualTo(new ParquetDestination("/jobs/out/o'neill"));
        assertThat(job.parameters())
                .containsExactly(
                        new Parameter("day", ParameterType.DATE, "2026-11-25"),
                        new Parameter("region", ParameterType.TEXT, "o'neill"),
                        new Parameter("most", ParameterType.INTEGER, "-5"),
                        new Parameter("at", ParameterType.TIMESTAMP, "2026-11-25T22:30:00"));
    }

    @Test
    void theSameValuesInAnotherFormAreTheSameRun() {
        Job first = parse(Map.of("day", "2026-11-25", "most", "7"));
        Job second = parse(Map.of("day", "2026-11-25", "most", "+07"));
        Job third = parse(Map.of("day", "2026-11-26"));

        assertThat(RunKey.of(first)).isEqualTo(RunKey.of(second)).isNotEqualTo(RunKey.of(third));
        assertThat(RunKey.of(first)).hasToString("churn at=2026-11-25T22:30:00 day=2026-11-25 most=7 region=eu");
        assertThat(JobFingerprint.of(first))
                .isEqualTo(JobFingerprint.of(second))
                .isNotEqualTo(JobFingerprint.of(third));
    }

    @Test
    void theTextOfAJobHasTheValuesOfItsRun() {
        Job job = parse(Map.of("day", "2026-11-25"));

        assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(job);
    }

    @Test
    void aJobWithoutParametersHasNoPlaceholders() {
        Job job = parse(
                "{job: a, model: m, source: {parquet: '/x/{day}', where: \"{day}\"}, destination: {parquet: d}}",
                Map.of());

        assertThat(job.source().where()).isEqualTo("{day}");
        assertThat(job.source().input()).hasToString("/x/{day}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "d = {day} and e = {day} | d = DATE '2026-11-25' and e = DATE '2026-11-25'",
                "x = '{{day}}' | x = '{day}'",
                "x = {{{{day}}}} | x = {{{day}}}",
                "x = {'a': 1} | x = {'a': 1}",
                "'it''s' < {day} | 'it''s' < DATE '2026-11-25'",
                "e'\\\\'' < {day} | e'\\'' < DATE '2026-11-25'",
                "x - {day} -- y | x - DATE '2026-11-25' -- y",
            })
    void placeholdersStandWhereLiteralsCan(String where, String expected) {
        assertThat(parse(with(where), Map.of("day", "2026-11-25", "text", "t"))
                        .source()
                        .where())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "d = '{day}' | the placeholder {day}; expected it without the quotes around it",
                "d = \\\"{text}\\\" | the placeholder {text}; expected it without the quotes around it",
                "e'\\\\' {text}' = 1 | without the quotes around it",
                "x /* {text} */ | no comment before it",
                "x -- {text} | no comment before it",
                "x = $$ {text} $$ | no $ before it",
                "d = {dya} | did you mean \"day\"?",
                "d = {text:yyyy} | only a date or timestamp has a pattern",
                "d = {day:HH} | a pattern such as {day:yyyy/MM/dd}",
                "d = {day:b!} | a pattern such as {day:yyyy/MM/dd}",
            })
    void otherPlacesAreRefused(String where, String message) {
        assertThatThrownBy(() -> parse(with(where), Map.of("day", "2026-11-25", "text", "' or 1=1 --")))
                .isInstanceOf(JobFileException.class)
                .hasMessageContaining("source.where")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "..", ".", "a*", "a?", "[a]", "{a}", "a\\b"})
    void aTextThatLeadsElsewhereIsNoPartOfAPath(String value) {
        assertThatThrownBy(() -> parse(Map.of("day", "2026-11-25", "region", value)))
                .hasMessageContaining("source.parquet")
                .hasMessageContaining("since it stands in a path");
    }

    @Test
    void everyMistakeIsReportedWithItsPlace() {
        assertThatThrownBy(() -> parse(Map.of("dya", "2026-11-25", "most", "many")))
                .hasMessageContaining("churn.yaml:4: parameters.day: no value; expected a date such as 2026-11-25")
                .hasMessageContaining("--param: dya: unknown parameter; did you mean \"day\"?")
                .hasMessageContaining("--param: most: \"many\"; expected a whole number");
        assertThatThrownBy(() -> parse(
                        "{job: a, model: m, source: {parquet: p}, destination: {parquet: d}}", Map.of("day", "x")))
                .hasMessageContaining("--param: day: unknown parameter; expected no parameter: the job declares none");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{day: dat} | one of the types text, integer, date, timestamp",
                "{1day: date} | a name of at most 63 letters",
                "{day: {default: 2026-11-25}} | parameters.day.type: missing",
                "{day: {type: date, defualt: x}} | unknown key",
                "{day: {type: date, default: [x]}} | parameters.day.default: a list",
                "{day: {type: date, default: 25.11.2026}} | expected a date such as 2026-11-25",
                "[day] | a map of names to types",
            })
    void wrongDeclarationsAreRefused(String parameters, String message) {
        String yaml = "{job: a, model: m, parameters: %s, source: {parquet: p}, destination: {parquet: d}}"
                .formatted(parameters);
        assertThatThrownBy(() -> parse(yaml, Map.of())).hasMessageContaining(message);
    }

    @Test
    void aPlaceholderInAnotherKeyIsRefused() {
        String yaml =
                "{job: 'a-{day}', model: m, parameters: {day: date}, source: {parquet: p}, destination: {parquet: d}}";
        assertThatThrownBy(() -> parse(yaml, Map.of("day", "2026-11-25")))
                .hasMessageContaining(
                        "job: the placeholder {day}; expected parameters may be used in paths and SQL expressions only");
    }

    @ParameterizedTest
    @CsvSource({
        "DATE, 2026-02-30",
        "DATE, 2026-2-3",
        "DATE, +12026-01-01",
        "DATE, 2026-11-25T00:00",
        "TIMESTAMP, 2026-11-25",
        "TIMESTAMP, 2026-11-25T22:30:00.5",
        "TIMESTAMP, 2026-11-25T22:30Z",
        "INTEGER, 1.0",
        "INTEGER, 9223372036854775808",
        "INTEGER, 1e3",
        "TEXT, '  '",
    })
    void valuesOfAnotherTypeAreNone(ParameterType type, String text) {
        assertThat(type.canonical(text)).isEmpty();
    }
}
