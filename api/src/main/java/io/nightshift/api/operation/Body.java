package io.nightshift.api.operation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The body of a request.
///
/// @param mediaTypes those that it may have; the clients of this project send the first one
/// @param schema the name of its schema; null if it is a job file, or is ignored
/// @param isRequired whether the operation needs one
public record Body(List<String> mediaTypes, @Nullable String schema, boolean isRequired) {

    private static final List<String> JSON = List.of("application/json");

    /// A job file in YAML. JSON is YAML.
    static final Body JOB_FILE = new Body(
            List.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json"),
            null,
            true);

    /// A body that says nothing: some programs send an empty object with every POST.
    static final Body IGNORED = new Body(JSON, null, false);

    /// Keeps an unmodifiable copy of the list.
    public Body {
        mediaTypes = List.copyOf(mediaTypes);
    }

    /// Whether it says nothing, and so is not in the OpenAPI document.
    public boolean isIgnored() {
        return schema == null && !isRequired;
    }

    static Body required(String schema) {
        return new Body(JSON, schema, true);
    }

    static Body optional(String schema) {
        return new Body(JSON, schema, false);
    }
}
