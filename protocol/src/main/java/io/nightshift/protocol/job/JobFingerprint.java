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
/// as before. Each key says in its [JobKey] whether it takes part: keys that don't change what a row's prediction
/// is, such as `retry` and `schedule`, do not. Every other key does, as its parsed value with defaults filled in;
/// many only if they do not have their defaults. So comments, the order of keys, quoting, a default that is written
/// out, and `1%` for `0.01` make no
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
        ValueType.Section keys = new ValueType.Section(JobKeys.ROOT.keys()).writing("output", "checks");
        print.add(keys.written(), "", job);
        return print.text.toString();
    }

    /// Identifies what an incremental job reads, and how what is new is found: batches with the same text
    /// divide it among themselves. 32 hexadecimal digits.
    ///
    /// @param job an incremental job
    static String source(Job job) {
        Job written = job.asWritten();
        JobFingerprint print = new JobFingerprint();
        print.add("job", written.name());
        print.add("source", Kinds.write(written.source().input()));
        print.add("source.where", written.source().where());
        IncrementalKeys.print(print, Objects.requireNonNull(written.incremental()));
        if (written.incremental() instanceof ChangedRows) {
            print.add("source.id", written.source().id());
        }
        return sha256(print.text.toString()).substring(0, SOURCE_DIGITS);
    }

    /// The lines of the keys of a section.
    ///
    /// @param path of the section; empty for the whole file
    void add(List<JobKey> keys, String path, Object owner) {
        keys.forEach(key -> key.print()
                .add(this, JobKey.path(path, key.name()), owner, key.value().apply(owner)));
    }

    void add(String section, Kind.Written written) {
        addKind(JobKey.path(section, written.name()), written.value());
    }

    /// A list of lists has a line for each list. A list of maps is that of several destinations.
    void addAny(String key, Object value) {
        switch (value) {
            case List<?> lists
            when !lists.isEmpty() && lists.getFirst() instanceof List<?> -> lists.forEach(list -> addAny(key, list));
            case List<?> maps
            when !maps.isEmpty() && maps.getFirst() instanceof Map<?, ?> -> {
                for (int i = 0; i < maps.size(); i++) {
                    String path = "%s.%d".formatted(key, i);
                    ((Map<?, ?>) maps.get(i)).forEach((name, inner) -> addKind(path + "." + name, inner));
                }
            }
            case List<?> empty when empty.isEmpty() -> {}
            default -> add(key, value);
        }
    }

    /// The lines of a source or a destination: of a map of its keys, or of the one value that it has. Absent keys
    /// have none.
    void addKind(String path, Object value) {
        if (value instanceof Map<?, ?> section) {
            section.forEach((name, inner) -> addAny(path + "." + name, inner));
        } else {
            addAny(path, value);
        }
    }

    /// A line.
    ///
    /// @param value the values, if it is a list; the keys and values alternately, if it is a map; null for no value
    void add(String key, @Nullable Object value) {
        Stream<?> values = switch (value) {
            case null -> Stream.of();
            case List<?> list -> list.stream();
            case Map<?, ?> map -> map.entrySet().stream().flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()));
            default -> Stream.of(value);
        };
        List<String> texts = values.map(String::valueOf).toList();
        text.append(key).append(' ').append(texts.size());
        texts.forEach(each -> text.append(' ').append(each.length()).append(':').append(each));
        text.append('\n');
    }
}
