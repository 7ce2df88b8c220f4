package io.nightshift.protocol.job;

import org.jspecify.annotations.Nullable;

/// A key of a job file.
///
/// @param fallback what an absent key means, as a reader would write it; null where that is nothing at
///     all
/// @param needs a key of the same section that must be given with this one, or null
/// @param meaning a sentence or two for the reference page and for editors
/// @param example a value, as YAML in one line; empty for a section
record JobKey(
        String name,
        ValueType type,
        boolean required,
        @Nullable Object fallback,
        @Nullable String needs,
        String meaning,
        String example) {

    static JobKey required(String name, ValueType type, String meaning, String example) {
        return new JobKey(name, type, true, null, null, meaning, example);
    }

    static JobKey optional(String name, ValueType type, String meaning, String example) {
        return new JobKey(name, type, false, null, null, meaning, example);
    }

    /// The path of a key inside a section; a top-level key's section is the empty text.
    static String path(String section, String name) {
        return section.isEmpty() ? name : section + "." + name;
    }

    JobKey or(Object value) {
        return new JobKey(name, type, required, value, needs, meaning, example);
    }

    JobKey with(String neededKey) {
        return new JobKey(name, type, required, fallback, neededKey, meaning, example);
    }
}
