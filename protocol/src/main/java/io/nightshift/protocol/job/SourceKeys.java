package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Expressions;
import io.nightshift.protocol.job.ValueType.Flag;
import io.nightshift.protocol.job.ValueType.Lookups;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The section `source` of a job file.
final class SourceKeys {

    static final JobKey KEY = JobKey.required(
                    "source",
                    new Section(
                                    Kinds.keys(
                                            Kinds.INPUTS,
                                            Job.Source.class,
                                            source -> Kinds.write(source.input()),
                                            JobKey.optional(
                                                            "id",
                                                            new Text(Form.COLUMN),
                                                            "The column with the record ID. Without it, the file and the position of the row identify a record.",
                                                            "flight_id")
                                                    .inFingerprint(Job.Source.class, Job.Source::id),
                                            JobKey.optional(
                                                            "unique-id",
                                                            new Flag(),
                                                            "Whether a repeated record ID fails the batch before it is published.",
                                                            "true")
                                                    .or(false)
                                                    .with("id")
                                                    .inFingerprint(
                                                            Job.Source.class,
                                                            source -> source.id() == null ? null : source.uniqueId()),
                                            JobKey.optional(
                                                            "join",
                                                            new Lookups(),
                                                            "Lookups: other files or tables that add columns to each row by a key. A key may occur only once in a lookup.",
                                                            "[{parquet: customers.parquet, on: customer_id, columns: [segment]}]")
                                                    .from(Job.Source.class, SourceKeys::joins),
                                            JobKey.optional(
                                                            "select",
                                                            new Expressions(),
                                                            "Computed columns: for each name, a DuckDB SQL expression over the columns of the source and of its lookups.",
                                                            "{hour: hour(departure)}")
                                                    .inFingerprint(Job.Source.class, Job.Source::select),
                                            JobKey.optional(
                                                            "where",
                                                            new Text(Form.EXPRESSION),
                                                            "A DuckDB SQL condition over the columns of the source and of its lookups. Only rows that meet it are scored.",
                                                            "not cancelled")
                                                    .inFingerprint(Job.Source.class, Job.Source::where),
                                            JobKey.optional(
                                                            "unseen-categories",
                                                            new Choice(List.of("missing", "quarantine", "fail")),
                                                            "What happens to a row with a category that the model does not know. `missing`: the category counts as a missing value; if the model accepts none, the row is quarantined. `quarantine`: the row is quarantined. `fail`: the batch fails. The batch counts such rows in any case.",
                                                            "quarantine")
                                                    .or("missing")
                                                    .inFingerprintUnlessDefault(Job.Source.class, Job.Source::unseen),
                                            JobKey.optional(
                                                            "on-empty",
                                                            new Choice(List.of("publish", "fail")),
                                                            "What happens if the source has no rows, or no row meets `where`: `publish` publishes a batch without predictions; `fail` fails the batch.",
                                                            "fail")
                                                    .or("publish")
                                                    .inFingerprintUnlessDefault(
                                                            Job.Source.class,
                                                            source -> source.failsIfEmpty() ? "fail" : "publish"),
                                            JobKey.optional(
                                                            "on-change",
                                                            new Choice(List.of("fail", "extend", "restart")),
                                                            "What happens if the files of the source have changed when the job is run again and its batch is still open. `fail`: the run is refused. `extend`: the batch keeps what it has committed and scores new files, too. `restart`: the batch is cancelled, and a new one scores everything. A table or query has no files: the batch scores the rows that were planned.",
                                                            "extend")
                                                    .or("fail")
                                                    .from(Job.Source.class, Job.Source::onChange)),
                                    Kinds.INPUTS.stream().map(Kind::name).toList())
                            .writing("join", "id"),
                    "The rows to score.",
                    "")
            .from(Job.class, Job::source)
            .withLines(Job.class, SourceKeys::print);

    private SourceKeys() {}

    private static List<Object> joins(Job.Source source) {
        List<Object> joins = new ArrayList<>();
        for (Lookup lookup : source.lookups()) {
            Kind.Written input = Kinds.write(lookup.input());
            Map<String, Object> values = new LinkedHashMap<>();
            values.put(input.name(), input.value());
            values.putAll(lookup.write());
            joins.add(values);
        }
        return joins;
    }

    private static void print(JobFingerprint print, Job job) {
        List<Lookup> lookups = job.source().lookups();
        for (int i = 0; i < lookups.size(); i++) {
            String path = "source.join.%d".formatted(i);
            print.add(path, Kinds.write(lookups.get(i).input()));
            print.addKind(path, lookups.get(i).write());
        }
    }

    static void check(JobCheck check, Mapping root) {
        Mapping source = JobCheck.below(root, "source");
        if (source != null) {
            CsvInput.check(check, source, "source");
            IcebergInput.check(check, source, "source");
            DeltaInput.check(check, source, "source");
        }
        change(check, root);
    }

    /// Checks that only files are compared with those of an open batch, and not those of an incremental job.
    private static void change(JobCheck check, Mapping root) {
        Member source = root.entry("source");
        Object onChange = check.value("source.on-change");
        if (onChange == null
                || onChange.equals("fail")
                || source == null
                || !(source.value() instanceof Mapping mapping)) {
            return;
        }
        Member entry = mapping.entry("on-change");
        if (onChange.equals("extend") && check.value("source.join") instanceof List<?> lookups && !lookups.isEmpty()) {
            check.add(new Mistake(
                    entry == null ? source.line() : entry.line(),
                    "source.on-change",
                    "extend with source.join",
                    "fail or restart, because the lookups of the rows that are scored already may have changed",
                    null));
        }
        if (root.entry("incremental") != null) {
            check.add(new Mistake(
                    entry == null ? source.line() : entry.line(),
                    "source.on-change",
                    "%s with incremental".formatted(onChange),
                    "fail, because the next batch of an incremental job reads the new files",
                    null));
        }
        Kinds.TABLES.stream()
                .filter(kind -> mapping.entry(kind.name()) != null)
                .map(kind -> new Mistake(
                        entry == null ? source.line() : entry.line(),
                        "source.on-change",
                        "%s with source.%s, which is not files".formatted(onChange, kind.name()),
                        "fail, because a batch over a table or query scores the rows that were planned",
                        null))
                .forEach(check::add);
    }

    /// Advice for a key that wants one column and has several; null if the key wants no column.
    static @Nullable String oneColumn(JobKey key) {
        return switch (key.name()) {
            case "id" ->
                "compute an ID of several columns under source.select, for example id: \"tenant || '/' || number\"";
            case "key" ->
                "rows are divided by one column: name one that has many values and with which an index begins, or compute one in a query";
            default -> null;
        };
    }

    /// The lookups of `source.join`.
    static @Nullable List<Lookup> lookups(JobCheck check, Lookups type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        List<Lookup> lookups = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            String itemPath = "%s[%d]".formatted(path, lookups.size());
            int before = check.mistakes();
            if (!(item instanceof Mapping mapping)) {
                check.refuse(item, itemPath, type.expectation(), null);
                continue;
            }
            check.section(Lookup.KEYS, itemPath, mapping, item.line());
            CsvInput.check(check, mapping, itemPath);
            IcebergInput.check(check, mapping, itemPath);
            DeltaInput.check(check, mapping, itemPath);
            boolean isLeft = !"inner".equals(check.value(JobKey.path(itemPath, "type")));
            if (isLeft && Map.of().equals(check.value(JobKey.path(itemPath, "columns")))) {
                check.add(new Mistake(
                        item.line(),
                        JobKey.path(itemPath, "columns"),
                        "no column, so the lookup changes nothing",
                        "one or more columns, or type: inner",
                        null));
            }
            time(check, itemPath, item.line());
            if (check.mistakes() == before) {
                lookups.add(Lookup.read(check.values(""), itemPath));
            }
        }
        return lookups;
    }

    /// Checks that a lookup's time is one column, which is not in its key.
    private static void time(JobCheck check, String path, int line) {
        if (!(check.value(JobKey.path(path, "as-of")) instanceof Map<?, ?> times) || times.isEmpty()) {
            return;
        }
        if (times.size() > 1) {
            check.add(new Mistake(
                    line, JobKey.path(path, "as-of"), times.size() + " columns", "one column with a time", null));
        }
        if (check.value(JobKey.path(path, "on")) instanceof Map<?, ?> on) {
            times.forEach((own, other) -> {
                if (on.containsKey(own) || on.containsValue(other)) {
                    check.add(new Mistake(
                            line,
                            JobKey.path(path, "as-of"),
                            "\"%s\", which is also in \"on\"".formatted(on.containsKey(own) ? own : other),
                            "a column that is not in the key",
                            null));
                }
            });
        }
    }
}
