package io.nightshift.protocol.job;

import java.util.Map;
import java.util.function.Function;

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

    /// A case as its kind writes it.
    ///
    /// @param name the name of the kind's key
    record Written(String name, Map<String, Object> values) {}

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
