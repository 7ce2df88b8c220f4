package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.SectionOr;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A kind of source or destination as a job file has it: the one description by which the job file's parser,
/// its JSON Schema, its reference page, [JobText] and [JobFingerprint] know the kind.
///
/// @param type the case of [Input] or [Destination]
/// @param stored the name of the case in the ledger; kinds that share a case share it
/// @param key the key that chooses the kind; its value describes the case
/// @param reader makes the case of the values below the key
/// @param writer gives those values again, by their names in the order of the file: a text, a list of texts,
///     a list of lists of texts, a map of texts, a number, or a boolean. A key that holds no section has one value,
///     whose name is the empty text
record Kind<T>(
        Class<T> type,
        String stored,
        JobKey key,
        Function<JobValues, T> reader,
        Function<T, Map<String, Object>> writer) {

    /// A kind that has its case for itself. The case has the name of the key.
    Kind(Class<T> type, JobKey key, Function<JobValues, T> reader, Function<T, Map<String, Object>> writer) {
        this(type, key.name(), key, reader, writer);
    }

    /// Such a kind, of whose section the keys have their values.
    Kind(Class<T> type, JobKey key, Function<JobValues, T> reader) {
        this(type, key, reader, value -> values(key, value));
    }

    /// The key's own value, if there is no other key.
    static Map<String, Object> values(JobKey key, Object owner) {
        Map<String, Object> values =
                Objects.requireNonNull(ValueType.sectionOf(key.type())).values(owner);
        return key.type() instanceof SectionOr either && values.size() == 1
                ? Map.of("", Objects.requireNonNull(values.get(either.key())))
                : values;
    }

    /// A case as its kind writes it.
    ///
    /// @param name the name of the kind's key
    record Written(String name, Map<String, Object> values) {

        /// The value of the key: a map, unless the key has one value only.
        Object value() {
            return values.getOrDefault("", values);
        }
    }

    /// The key in a section, with its value where the job chooses this kind there.
    ///
    /// @param owner of the key
    /// @param chosen writes the case that the job chooses
    <O> JobKey keyIn(Class<O> owner, Function<O, Written> chosen) {
        Function<O, @Nullable Object> value = object -> {
            Written written = chosen.apply(object);
            return written.name().equals(name()) ? written.value() : null;
        };
        return key.from(owner, value).printing((print, path, object, given) -> {
            if (given != null) {
                print.addKind(path, given);
            }
        });
    }

    String name() {
        return key.name();
    }

    /// As [#write], of a case that is known to be of this kind.
    Written writeAny(Object value) {
        return write(type.cast(value));
    }

    Written write(T value) {
        return new Written(name(), writer.apply(value));
    }
}
