package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A key of a job file: the one description by which the file's parser, its JSON Schema, its reference page,
/// [JobText] and [JobFingerprint] know the key.
///
/// @param fallback what an absent key means, as a reader would write it; null where that is nothing at
///     all
/// @param needs a key of the same section that must be given with this one, or null
/// @param meaning a sentence or two for the reference page and for editors
/// @param example a value, as YAML in one line; empty for a section
/// @param value the key's value in its owner: in what a job has for the key's section, or in the job itself for a
///     top-level key. It is a text, a list, a map, a number, a boolean, a duration, or an enum constant with the
///     key's word in upper case; for a section, the owner of its keys, or a map of their values. Null if the
///     key is absent
/// @param print adds the key to the fingerprint
record JobKey(
        String name,
        ValueType type,
        boolean required,
        @Nullable Object fallback,
        @Nullable String needs,
        String meaning,
        String example,
        Function<Object, @Nullable Object> value,
        Print print) {

    /// Adds a key with a path, and with a value in an owner, to the fingerprint of a job.
    @FunctionalInterface
    interface Print {
        void add(JobFingerprint fingerprint, String path, Object owner, @Nullable Object value);
    }

    private JobKey(String name, ValueType type, boolean required, String meaning, String example) {
        this(name, type, required, null, null, meaning, example, owner -> null, (print, path, owner, value) -> {});
    }

    static JobKey required(String name, ValueType type, String meaning, String example) {
        return new JobKey(name, type, true, meaning, example);
    }

    static JobKey optional(String name, ValueType type, String meaning, String example) {
        return new JobKey(name, type, false, meaning, example);
    }

    /// The path of a key inside a section; a top-level key's section is the empty text.
    static String path(String section, String name) {
        return section.isEmpty() ? name : section + "." + name;
    }

    JobKey or(Object other) {
        return new JobKey(name, type, required, other, needs, meaning, example, value, print);
    }

    JobKey with(String neededKey) {
        return new JobKey(name, type, required, fallback, neededKey, meaning, example, value, print);
    }

    /// The key with its value, which does not take part in the fingerprint. The keys of a section may.
    ///
    /// @param owner the type of the owner; the key is absent in those of other types
    <T> JobKey from(Class<T> owner, Function<T, @Nullable Object> getter) {
        Function<Object, @Nullable Object> of =
                object -> owner.isInstance(object) ? getter.apply(owner.cast(object)) : null;
        return new JobKey(name, type, required, fallback, needs, meaning, example, of, print)
                .printing((print, path, object, given) -> {
                    if (type instanceof Section section && given != null) {
                        print.add(section.keys(), path, given);
                    }
                });
    }

    /// The key with its value, and with a line in each fingerprint, also if the value is the default.
    <T> JobKey inFingerprint(Class<T> owner, Function<T, @Nullable Object> getter) {
        return from(owner, getter)
                .printing((print, path, object, given) -> print.add(path, given == null ? fallback : given));
    }

    /// The key with its value, and with a line in the fingerprint unless the value is the default. A key that is
    /// added to job files must be such a key, so that fingerprints stay what they are.
    <T> JobKey inFingerprintUnlessDefault(Class<T> owner, Function<T, @Nullable Object> getter) {
        return from(owner, getter).printing((print, path, object, given) -> {
            if (given != null && !given.equals(fallback) && !JobText.isEmpty(given)) {
                print.add(path, given);
            }
        });
    }

    /// The key with its value, a map, and with a line in the fingerprint for each entry.
    <T> JobKey inFingerprintByName(Class<T> owner, Function<T, Map<String, ?>> getter) {
        return from(owner, getter::apply)
                .printing((print, path, object, given) ->
                        getter.apply(owner.cast(object)).forEach((entry, each) -> print.add(path(path, entry), each)));
    }

    /// The key with lines in the fingerprint as an earlier version wrote them, after those of a section's keys.
    <T> JobKey withLines(Class<T> owner, BiConsumer<JobFingerprint, T> lines) {
        return printing((fingerprint, path, object, given) -> {
            print.add(fingerprint, path, object, given);
            lines.accept(fingerprint, owner.cast(object));
        });
    }

    JobKey printing(Print other) {
        return new JobKey(name, type, required, fallback, needs, meaning, example, value, other);
    }
}
