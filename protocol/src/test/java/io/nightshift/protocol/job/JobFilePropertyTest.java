package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;

class JobFilePropertyTest {

    private static final Path FILE = Path.of("/jobs/job.yaml");

    @Property(tries = 2000)
    void anyBytesGiveAJobOrItsMistakes(@ForAll byte[] content) {
        judge(content);
    }

    @Property(tries = 2000)
    void anyTextGivesAJobOrItsMistakes(@ForAll("nearlyJobs") String text, @ForAll("overrides") List<String> overrides) {
        try {
            JobFile.parse(text, FILE, overrides);
        } catch (JobFileException e) {
            assertThat(e.mistakes()).isNotEmpty();
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Property
    void aJobSurvivesBeingWrittenAndReadAgain(@ForAll("jobs") Job job) {
        Job read = JobFile.parse(write(job), FILE, List.of());

        assertThat(read).isEqualTo(job);
        assertThat(JobFingerprint.of(read)).isEqualTo(JobFingerprint.of(job));
    }

    @Property
    void aJobIsSentAsTextThatIsReadAsTheSameJob(@ForAll("jobs") Job job) {
        assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(job);
    }

    private static void judge(byte[] content) {
        try {
            JobFile.parse(content, FILE, List.of());
        } catch (JobFileException e) {
            assertThat(e.mistakes()).isNotEmpty();
        }
    }

    /// Pieces of YAML and of job files in any order: more of it gets past the first token than of random
    /// letters.
    @Provide
    Arbitrary<String> nearlyJobs() {
        Arbitrary<String> pieces = Arbitraries.of(
                "job",
                "model",
                "source",
                "parquet",
                "select",
                "partitions",
                "rows",
                "errors",
                "max-rate",
                "output",
                ": ",
                ":",
                "\n",
                "\n  ",
                "\n\t",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                "&a ",
                "*a",
                "<<: ",
                "!!int ",
                "!x ",
                "'",
                "\"",
                "\\U0011FFFF",
                "|\n",
                ">-\n",
                "? ",
                "%YAML 1.1\n",
                "---\n",
                "...\n",
                "# ",
                "1",
                "1e400",
                ".inf",
                "0x",
                "~",
                "null",
                "true",
                "50%",
                "\uFEFF",
                "\u0000",
                "\u0085",
                "\uD800",
                "@",
                "`");
        return pieces.list().ofMaxSize(30).map(list -> String.join("", list));
    }

    @Provide
    Arbitrary<List<String>> overrides() {
        Arbitrary<String> paths =
                Arbitraries.of("job", "source", "source.select.a", "source.parquet", "a.b.c", "", ".");
        return Combinators.combine(paths, Arbitraries.of("=", "", "=="), nearlyJobs())
                .as((path, sign, value) -> path + sign + value)
                .list()
                .ofMaxSize(2);
    }

    private record Rest(boolean failsIfEmpty, Job.@Nullable OnChange onChange, List<Lookup> lookups) {}

    private static Arbitrary<List<Lookup>> lookups(Arbitrary<Input> inputs, Arbitrary<String> words) {
        Arbitrary<Map<String, String>> names = Arbitraries.maps(words.filter(Form.COLUMN::fits), words)
                .ofMinSize(1)
                .ofMaxSize(1);
        return Combinators.combine(inputs, names, names, Arbitraries.of(true, false))
                .as(Lookup::new)
                .list()
                .ofMaxSize(2);
    }

    @Provide
    Arbitrary<Job> jobs() {
        Arbitrary<String> words = Arbitraries.frequencyOf(
                        Tuple.of(5, Arbitraries.strings().all().ofMaxLength(12)),
                        Tuple.of(
                                1,
                                Arbitraries.of(
                                        "{day}", "{{day}}", "{{{day}}}", "{{x}", "x{day:yyyy}}", "{", "}}{text}")))
                .filter(JobFilePropertyTest::isPlain);
        Arbitrary<List<Parameter>> parameters = Arbitraries.of(
                        new Parameter("day", ParameterType.DATE, "2026-11-25"),
                        new Parameter("_1", ParameterType.INTEGER, "-7"),
                        new Parameter("text", ParameterType.TEXT, "{day} 'x'"),
                        new Parameter("at", ParameterType.TIMESTAMP, "2026-11-25T22:30:00"))
                .list()
                .uniqueElements()
                .ofMaxSize(3);
        Arbitrary<List<String>> columns = words.filter(Form.OUTPUT_COLUMN::fits)
                .list()
                .uniqueElements(String::toLowerCase)
                .ofMaxSize(4);
        Arbitrary<Input> files = words.map(
                        word -> "/data/" + word.replace('/', '-').replace('.', '-'))
                .list()
                .ofMinSize(1)
                .ofMaxSize(3)
                .uniqueElements()
                .map(ParquetInput::new);
        Arbitrary<Input> databases = Combinators.combine(
                        Arbitraries.of(DatabaseInput.Engine.class),
                        Arbitraries.of("customers", "Shop.old customers"),
                        words,
                        words.injectNull(0.5),
                        words.injectNull(0.5),
                        Arbitraries.of(true, false))
                .as((engine, table, query, key, where, isTable) ->
                        new DatabaseInput(engine, "crm", isTable ? table : null, isTable ? null : query, key, where));
        Arbitrary<Input> tables = Arbitraries.of(
                new IcebergInput("lake", "sales.customers"),
                new IcebergInput("lake", "sales.customers", "3821550127947089009", null, null),
                new IcebergInput("lake", "a.b.c", null, "end of month", null),
                new IcebergInput("lake", "a.b", null, null, "2026-11-25T06:00:00.5+01:00"),
                new DeltaInput("/lake/customers"),
                new DeltaInput("s3://lake/customers", "0", null),
                new DeltaInput("/lake/customers", null, "2026-11-25T06:00:00.5+01:00"));
        Arbitrary<Job.Source> sources = Combinators.combine(
                        Arbitraries.oneOf(files, databases, tables),
                        words.injectNull(0.5),
                        Arbitraries.of(true, false),
                        Arbitraries.maps(words, words).ofMaxSize(1),
                        words.injectNull(0.5),
                        Arbitraries.of(Job.UnseenCategories.class).injectNull(0.5),
                        Combinators.combine(
                                        Arbitraries.of(true, false),
                                        Arbitraries.of(Job.OnChange.class).injectNull(0.5),
                                        lookups(Arbitraries.oneOf(files, databases), words))
                                .as(Rest::new))
                .as((input, id, unique, select, where, unseen, rest) -> new Job.Source(
                        input,
                        id,
                        unique && id != null,
                        select,
                        where,
                        unseen,
                        rest.failsIfEmpty,
                        input.isFiles() && (rest.lookups.isEmpty() || rest.onChange != Job.OnChange.EXTEND)
                                ? rest.onChange
                                : null,
                        rest.lookups));
        Arbitrary<Map<String, List<String>>> categories = Arbitraries.maps(
                        words, words.list().uniqueElements().ofMinSize(1).ofMaxSize(3))
                .ofMaxSize(2);
        return Combinators.combine(
                        Arbitraries.of("a", "flight-delays", "0.x_y"),
                        Arbitraries.of(
                                new ModelReference.Champion("m"),
                                new ModelReference.Exact("m", 999_999_999),
                                new ModelReference.Alias("m", "candidate"),
                                new ModelReference.Digest("m", "0123456789abcdef".repeat(4)),
                                new ModelReference.File("/models/m")),
                        columns,
                        sources,
                        Arbitraries.integers().between(1, 1_000_000_000),
                        Arbitraries.doubles().between(0, 1),
                        Arbitraries.longs().greaterOrEqual(0).injectNull(0.5),
                        Combinators.combine(columns, categories, parameters, timings())
                                .as(Remaining::new))
                .as((name, model, features, source, rows, rate, most, output) -> JobBuilder.builder()
                        .name(name)
                        .model(model)
                        .features(features)
                        .source(source)
                        .destination(
                                rows % 5 == 0
                                        ? new SeveralDestinations(List.of(
                                                new ParquetDestination("/out/{day}"),
                                                new PostgresDestination("db", "s", "t", List.of())))
                                        : new ParquetDestination("/out"))
                        .partitions(
                                source.onChange() == Job.OnChange.EXTEND ? new Job.Partitions(rows) : partitions(rows))
                        .errors(new Job.ErrorPolicy(rate + 0.0, most, most != null && most % 2 == 0))
                        .output(output(output.columns()))
                        .categories(output.categories().entrySet().stream()
                                .map(list -> new Job.CategoryList(list.getKey(), list.getValue()))
                                .toList())
                        .retry(
                                rows % 2 == 0
                                        ? null
                                        : new Job.Retry(1 + rows % 100, Duration.ofSeconds(rows % 100_000), null, null))
                        .parameters(output.parameters())
                        .timing(output.timing())
                        .priority(rows % 11)
                        .alerts(
                                rows % 3 == 0
                                        ? List.of()
                                        : List.of(new AlertRule(List.of(AlertCause.FAILED, AlertCause.STALLED), "ops")))
                        .build())
                .filter(job ->
                        job.partitions().key() == null || job.source().lookups().isEmpty());
    }

    /// With other keys if there is no column.
    private static Job.Output output(List<String> columns) {
        return columns.isEmpty()
                ? new Job.Output(
                        columns,
                        false,
                        Map.of("0", "{day}", "1", "b"),
                        2,
                        List.of(
                                new OutputDecision("d", "1", 0.5, "{day}", Map.of("{day}", 0.25)),
                                new OutputDecision("e", null, -7, null, Map.of())),
                        List.of(
                                new OutputConstant("c", OutputConstant.Type.TEXT, "{day}"),
                                new OutputConstant("n", OutputConstant.Type.NUMBER, "1.0E-5"),
                                new OutputConstant("t", OutputConstant.Type.DATE, "2026-11-25")),
                        Map.of("prediction", "{day}", "d", "f"))
                : new Job.Output(columns, columns.size() == 2);
    }

    private static Map<String, Object> output(Job.Output output) {
        Map<String, Object> section = new LinkedHashMap<>();
        section.put("columns", output.columns());
        section.put("margin", output.margin());
        if (output.topClasses() > 0) {
            section.put("labels", output.labels());
            section.put("top-classes", output.topClasses());
            Map<String, Object> decisions = new LinkedHashMap<>();
            for (OutputDecision decision : output.decisions()) {
                Map<String, Object> values = new LinkedHashMap<>(Map.of("threshold", decision.threshold()));
                if (decision.segment() != null) {
                    values.put("class", Objects.requireNonNull(decision.ofClass()));
                    values.put("by", decision.segment());
                    values.put("thresholds", decision.thresholds());
                }
                decisions.put(decision.name(), values);
            }
            section.put("decisions", decisions);
            Map<String, Object> constants = new LinkedHashMap<>();
            output.constants()
                    .forEach(constant -> constants.put(
                            constant.name(), Map.of(constant.type().text(), constant.value())));
            section.put("constants", constants);
            section.put("rename", output.rename());
        }
        return section;
    }

    private static Job.Partitions partitions(int rows) {
        boolean further = rows % 2 == 0;
        int shown = further ? rows : Job.Partitions.DEFAULT_ROWS;
        return switch (rows % 4) {
            case 0 ->
                new Job.Partitions(
                        shown, new PartitionKey("id", 2 + rows % 9_999, List.of(), null, "UTC", further, null, "f"));
            case 1 ->
                new Job.Partitions(
                        shown,
                        new PartitionKey("a + b", null, List.of("-1.5", "b'c"), null, "UTC", further, "cut", null));
            case 2 ->
                new Job.Partitions(
                        shown,
                        new PartitionKey(
                                "t",
                                null,
                                List.of(),
                                rows % 3 == 0 ? PartitionKey.Every.DAY : PartitionKey.Every.HOUR,
                                rows % 8 == 2 ? "UTC" : "Europe/Berlin",
                                further,
                                "cut",
                                "f"));
            default -> new Job.Partitions(rows);
        };
    }

    private static Map<String, Object> partitions(Job.Partitions partitions) {
        Map<String, Object> section = new LinkedHashMap<>();
        PartitionKey key = partitions.key();
        if (key == null || key.rows()) {
            section.put("rows", partitions.rows());
        }
        if (key != null) {
            section.put("by", key.by());
            if (key.count() != null) {
                section.put("count", key.count());
            }
            if (!key.ranges().isEmpty()) {
                section.put("ranges", key.ranges());
            }
            if (key.every() != null) {
                section.put("every", key.every().text());
                section.put("time-zone", key.timeZone());
            }
            if (key.column() != null) {
                section.put("column", key.column());
            }
            if (key.folder() != null) {
                section.put("folder", key.folder());
            }
        }
        return section;
    }

    private static Arbitrary<Map<String, String>> templates(String placeholder) {
        return Arbitraries.maps(Arbitraries.of("day", "hour"), Arbitraries.of(placeholder, "2026-11-25", "7", "true"))
                .ofMaxSize(2);
    }

    private static Arbitrary<JobTiming> timings() {
        Arbitrary<Duration> times =
                Arbitraries.of(1, 59, 60, 3_600, 86_400, 90_000).map(Duration::ofSeconds);
        Arbitrary<String> clock = Arbitraries.of("00:00", "06:30", "23:59");
        Arbitrary<JobSchedule> schedules = Combinators.combine(
                        Arbitraries.of("@daily", "0 2 * * *", "*/5 0 2 ? * MON-FRI"),
                        templates("{scheduled:date - 1 day}"),
                        Arbitraries.of("2026-11-01", "2028-02-29").injectNull(0.5),
                        times.injectNull(0.5),
                        Arbitraries.of(JobSchedule.CatchUp.class),
                        Arbitraries.of(JobSchedule.Overlap.class))
                .as((cron, values, date, jitter, catchUp, overlap) ->
                        new JobSchedule(cron, values, date, date, jitter, catchUp, overlap));
        Arbitrary<JobTrigger> triggers = Combinators.combine(
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.longs().greaterOrEqual(1),
                        times,
                        templates("{triggered:timestamp + 2 hours}"))
                .as((kind, count, every, values) -> new JobTrigger(
                        kind == 0 ? count : null,
                        kind == 1 ? count : null,
                        kind == 2 ? "/data/_READY" : null,
                        every,
                        values));
        Arbitrary<JobWindow> windows = Combinators.combine(clock, Arbitraries.of(JobWindow.Outside.class))
                .as((from, outside) ->
                        new JobWindow(from, from.replace(":", ":1").substring(0, 4) + "1", outside));
        return Combinators.combine(
                        Arbitraries.of("UTC", "Europe/Berlin", "America/St_Johns"),
                        schedules.injectNull(0.5),
                        triggers.injectNull(0.5),
                        windows.injectNull(0.5),
                        clock.injectNull(0.5),
                        Combinators.combine(Arbitraries.integers().between(1, 100), Arbitraries.of(true, false))
                                .as(ThreadLimit::new)
                                .injectNull(0.5))
                .as(JobTiming::new);
    }

    private record Remaining(
            List<String> columns, Map<String, List<String>> categories, List<Parameter> parameters, JobTiming timing) {}

    /// Whether YAML can carry the text and a job can hold it.
    private static boolean isPlain(String text) {
        return Form.COLUMN.fits(text)
                && StandardCharsets.UTF_8.newEncoder().canEncode(text)
                && text.codePoints().noneMatch(c -> Character.isISOControl(c) || c == 0xFEFF || (c & 0xFFFE) == 0xFFFE);
    }

    private static void put(Map<String, Object> section, Kind.Written written) {
        Map<String, Object> values = written.values();
        section.put(written.name(), values.containsKey("") ? values.get("") : values);
    }

    private static String write(Job job) {
        Map<String, Object> source = new LinkedHashMap<>();
        put(source, Kinds.write(job.source().input()));
        List<Map<String, Object>> lookups = new ArrayList<>();
        for (Lookup lookup : job.source().lookups()) {
            Map<String, Object> keys = new LinkedHashMap<>();
            put(keys, Kinds.write(lookup.input()));
            keys.putAll(lookup.write());
            lookups.add(keys);
        }
        source.put("join", lookups);
        if (job.source().id() != null) {
            source.put("id", job.source().id());
            source.put("unique-id", job.source().uniqueId());
        }
        source.put("select", job.source().select());
        if (job.source().where() != null) {
            source.put("where", job.source().where());
        }
        if (job.source().unseen() != null) {
            source.put("unseen-categories", job.source().unseen().name().toLowerCase(Locale.ROOT));
        }
        if (job.source().failsIfEmpty()) {
            source.put("on-empty", "fail");
        }
        if (job.source().onChange() != null) {
            source.put("on-change", job.source().onChange().name().toLowerCase(Locale.ROOT));
        }
        Map<String, Object> errors =
                new LinkedHashMap<>(Map.of("max-rate", job.errors().maxRate()));
        if (job.errors().maxRows() != null) {
            errors.put("max-rows", job.errors().maxRows());
        }
        if (job.errors().scoresTheRest()) {
            errors.put("on-failed-partition", "continue");
        }
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("job", job.name());
        root.put("model", job.model().text());
        if (!job.features().isEmpty()) {
            root.put("features", job.features());
        }
        if (!job.categories().isEmpty()) {
            Map<String, Object> categories = new LinkedHashMap<>();
            job.categories().forEach(list -> categories.put(list.feature(), list.names()));
            root.put("categories", categories);
        }
        root.put("source", source);
        Map<String, Object> destination = new LinkedHashMap<>();
        put(destination, Kinds.write(job.destination()));
        root.put("destination", destination);
        root.put("partitions", partitions(job.partitions()));
        root.put("errors", errors);
        if (job.retry() != null) {
            root.put(
                    "retry",
                    Map.of(
                            "attempts",
                            Objects.requireNonNull(job.retry().attempts()),
                            "storage",
                            Objects.requireNonNull(job.retry().storage()).toSeconds() + "s"));
        }
        root.put("output", output(job.output()));
        if (!job.parameters().isEmpty()) {
            root.replaceAll((key, value) -> escaped(value));
            Map<String, Object> parameters = new LinkedHashMap<>();
            job.parameters()
                    .forEach(parameter -> parameters.put(
                            parameter.name(), Map.of("type", parameter.type().text(), "default", parameter.value())));
            root.put("parameters", parameters);
        }
        root.putAll(timing(job));
        return new Dump(DumpSettings.builder().build()).dumpToString(root);
    }

    private static Map<String, Object> timing(Job job) {
        try {
            Map<String, Object> values = new ObjectMapper().readValue(JobText.of(job), new TypeReference<>() {});
            values.keySet()
                    .retainAll(Set.of(
                            "time-zone", "schedule", "trigger", "window", "deadline", "priority", "limits", "alerts"));
            return values;
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /// The values with doubled braces where they look like placeholders.
    private static Object escaped(Object value) {
        return switch (value) {
            case String text -> JobParameters.escaped(text);
            case List<?> list -> list.stream().map(JobFilePropertyTest::escaped).toList();
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((key, inner) -> copy.put(key, escaped(inner)));
                yield copy;
            }
            default -> value;
        };
    }
}
