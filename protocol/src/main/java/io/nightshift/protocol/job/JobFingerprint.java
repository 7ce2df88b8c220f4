package io.nightshift.protocol.job;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Tells whether a job is still what it was.
///
/// The job's name is its identity; the fingerprint says whether a file of that name asks for the same thing
/// as before. `retry`, `time-zone`, `schedule`, `trigger`, `window`, `deadline`, `priority`, `limits`, `alerts`,
/// `source.on-change` and `destination.schema` do not take part, since they don't change what a row's
/// prediction is. Every other key does, as its parsed value with defaults filled in: `job`, `model`,
/// `features`, `categories` (if there are any, in file order), `parameters` (if there are any, with the
/// values of the run), the keys of the kind of `source`, `source.id`, `source.unique-id`, `source.select` (in
/// file order), `source.where`,
/// `source.unseen-categories` (unless it is `missing`), `source.on-empty` (unless it is `publish`),
/// `source.join` (if it is there), the keys of `destination`, `partitions.rows`, the other keys of
/// `partitions` (if there is `partitions.by`), `errors.max-rate`, `errors.max-rows`, `errors.on-failed-
/// partition` (unless it is `fail`), `output.columns`, `output.margin` (unless it is `false`), the other keys of
/// `output` (if they are there), `incremental` (if there is one, without `full`), and `checks` (if there are
/// any). So comments, the order of keys, quoting, a default that is written out, and `1%` for `0.01` make no
/// difference; moving the file does where it has relative paths. What the model's or the source's files
/// contain does not take part.
public final class JobFingerprint {

    private static final int SOURCE_DIGITS = 32;

    private final StringBuilder text = new StringBuilder("nightshift-job 1\n");

    private JobFingerprint() {}

    /// 64 hexadecimal digits: the SHA-256 of [#canonical(Job)] in UTF-8.
    ///
    /// @param job the job
    public static String of(Job job) {
        return sha256(canonical(job));
    }

    /// The fingerprint of a submission that reuses parts of a published batch: two of them ask for the same thing
    /// only if they reuse the same parts.
    ///
    /// @param job the job
    /// @param reuse what is reused; null if nothing is
    public static String of(Job job, @Nullable Reuse reuse) {
        return reuse == null
                ? of(job)
                : sha256("%sreuse %s %s %s\n"
                        .formatted(canonical(job), reuse.batch(), reuse.partitions(), reuse.model()));
    }

    private static String sha256(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// The job as a text in which no two jobs are the same: a line for each key, with the number of its
    /// values and, before each value, its length in UTF-16 units.
    static String canonical(Job submitted) {
        Job job = submitted.asWritten();
        JobFingerprint print = new JobFingerprint();
        Job.Source source = job.source();
        print.add("job", List.of(job.name()));
        print.add("model", List.of(job.model().text()));
        print.add("features", job.features());
        job.categories().forEach(list -> print.add("categories." + list.feature(), list.names()));
        RunKey.of(job)
                .parameters()
                .forEach(parameter -> print.add(
                        "parameters." + parameter.name(),
                        List.of(parameter.type().text(), parameter.value())));
        print.add("source", Kinds.write(source.input()));
        print.add("source.id", orNone(source.id()));
        print.add("source.unique-id", List.of(String.valueOf(source.uniqueId())));
        print.add(
                "source.select",
                source.select().entrySet().stream()
                        .flatMap(entry -> List.of(entry.getKey(), entry.getValue()).stream())
                        .toList());
        print.add("source.where", orNone(source.where()));
        if (source.unseen() != null) {
            print.add("source.unseen-categories", List.of(source.unseen().name()));
        }
        if (source.failsIfEmpty()) {
            print.add("source.on-empty", List.of("fail"));
        }
        for (int i = 0; i < source.lookups().size(); i++) {
            Lookup lookup = source.lookups().get(i);
            String path = "source.join.%d".formatted(i);
            print.add(path, Kinds.write(lookup.input()));
            lookup.write().forEach((name, value) -> print.addAny(JobKey.path(path, name), value));
        }
        print.add("destination", Kinds.write(job.destination()));
        print.add("partitions.rows", List.of(String.valueOf(job.partitions().rows())));
        PartitionKey key = job.partitions().key();
        if (key != null) {
            print.add("partitions.by", List.of(key.by(), key.rows() ? "rows" : ""));
            print.add("partitions.count", orNone(key.count()));
            print.add("partitions.ranges", key.ranges());
            print.add("partitions.every", orNone(key.every()));
            print.add("partitions.time-zone", List.of(key.timeZone()));
            print.add("partitions.column", orNone(key.column()));
            print.add("partitions.folder", orNone(key.folder()));
        }
        print.add("errors.max-rate", List.of(String.valueOf(job.errors().maxRate())));
        print.add("errors.max-rows", orNone(job.errors().maxRows()));
        if (job.errors().scoresTheRest()) {
            print.add("errors.on-failed-partition", List.of("continue"));
        }
        print.add("output.columns", job.output().columns());
        if (job.output().margin()) {
            print.add("output.margin", List.of("true"));
        }
        print.add(job.output());
        for (BatchCheck check : job.checks()) {
            print.add(
                    "checks." + check.name(),
                    List.of(
                            String.valueOf(check.limit()),
                            String.valueOf(check.min()),
                            String.valueOf(check.max()),
                            check.onFail().text()));
            if (check.baseline() != null) {
                print.add("checks.baseline", List.of(check.baseline()));
            }
        }
        if (job.rollout() != null) {
            print.add(job.rollout());
        }
        Incremental incremental = job.incremental();
        if (incremental != null) {
            if (incremental instanceof NewTimes times) {
                print.add("incremental.lateness", List.of(times.lateness().toString()));
            }
            print.add(incremental);
        }
        return print.text.toString();
    }

    /// Identifies what an incremental job reads, and how what is new is found: batches with the same text
    /// divide it among themselves. 32 hexadecimal digits.
    ///
    /// @param job an incremental job
    static String source(Job job) {
        Job written = job.asWritten();
        JobFingerprint print = new JobFingerprint();
        print.add("job", List.of(written.name()));
        print.add("source", Kinds.write(written.source().input()));
        print.add("source.where", orNone(written.source().where()));
        print.add(Objects.requireNonNull(written.incremental()));
        if (written.incremental() instanceof ChangedRows) {
            print.add("source.id", orNone(written.source().id()));
        }
        return sha256(print.text.toString()).substring(0, SOURCE_DIGITS);
    }

    private void add(Job.Output output) {
        if (!output.labels().isEmpty()) {
            addAny("output.labels", output.labels());
        }
        if (output.topClasses() > 0) {
            add("output.top-classes", List.of(String.valueOf(output.topClasses())));
        }
        for (OutputDecision decision : output.decisions()) {
            String key = "output.decisions." + decision.name();
            add(
                    key,
                    List.of(
                            decision.ofClass() == null ? "" : decision.ofClass(),
                            String.valueOf(decision.threshold()),
                            decision.segment() == null ? "" : decision.segment()));
            addAny(JobKey.path(key, "thresholds"), decision.thresholds());
        }
        output.constants()
                .forEach(constant -> add(
                        "output.constants." + constant.name(),
                        List.of(constant.type().text(), constant.value())));
        if (!output.rename().isEmpty()) {
            addAny("output.rename", output.rename());
        }
    }

    private void add(Rollout rollout) {
        add(
                "rollout",
                List.of(
                        rollout.candidate().text(),
                        rollout.mode().text(),
                        String.valueOf(rollout.share()),
                        rollout.onPass().text(),
                        rollout.onFail().text()));
        if (!rollout.isCanary()) {
            add("rollout.differences", List.of(String.valueOf(rollout.differences())));
        }
        rollout.guards()
                .forEach(guard ->
                        add("rollout.guards." + guard.measure().text(), List.of(String.valueOf(guard.limit()))));
    }

    private void add(Incremental incremental) {
        switch (incremental) {
            case NewTimes times -> {
                add("incremental.column", List.of(times.column()));
                add("incremental.time-zone", List.of(times.timeZone()));
            }
            case NewFiles files -> add("incremental.files", List.of("new"));
            case ChangedRows changed -> add("incremental.changed", changed.columns());
        }
    }

    private static List<String> orNone(@Nullable Object value) {
        return value == null ? List.of() : List.of(value.toString());
    }

    private void add(String section, Kind.Written written) {
        String path = JobKey.path(section, written.name());
        written.values().forEach((name, value) -> addAny(name.isEmpty() ? path : JobKey.path(path, name), value));
    }

    /// A list of lists has a line for each list. A list of maps is that of several destinations.
    private void addAny(String key, Object value) {
        switch (value) {
            case List<?> lists
            when !lists.isEmpty() && lists.getFirst() instanceof List<?> -> lists.forEach(list -> addAny(key, list));
            case List<?> maps
            when !maps.isEmpty() && maps.getFirst() instanceof Map<?, ?> -> {
                for (int i = 0; i < maps.size(); i++) {
                    String path = "%s.%d".formatted(key, i);
                    ((Map<?, ?>) maps.get(i)).forEach((name, inner) -> addMember(path + "." + name, inner));
                }
            }
            case Map<?, ?> map ->
                add(
                        key,
                        map.entrySet().stream()
                                .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
                                .map(String::valueOf)
                                .toList());
            case List<?> texts -> {
                if (!texts.isEmpty()) {
                    add(key, texts.stream().map(String::valueOf).toList());
                }
            }
            default -> add(key, List.of(value.toString()));
        }
    }

    /// A destination of several: a map of its keys, or the one value that it has.
    private void addMember(String key, Object value) {
        if (value instanceof Map<?, ?> section) {
            section.forEach((name, inner) -> addAny(key + "." + name, inner));
        } else {
            addAny(key, value);
        }
    }

    private void add(String key, List<String> values) {
        text.append(key).append(' ').append(values.size());
        values.forEach(
                value -> text.append(' ').append(value.length()).append(':').append(value));
        text.append('\n');
    }
}
