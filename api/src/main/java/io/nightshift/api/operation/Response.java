package io.nightshift.api.operation;

import org.jspecify.annotations.Nullable;

/// An answer of an operation other than the problems that several operations share.
///
/// @param status of HTTP
/// @param description for the OpenAPI document
/// @param mediaType of the content; null if there is none
/// @param type the record that it is as JSON; null if it is a text, or an object that may change with each version
public record Response(
        int status,
        String description,
        @Nullable String mediaType,
        @Nullable Class<?> type) {

    static Response json(int status, String description, @Nullable Class<?> type) {
        return new Response(status, description, "application/json", type);
    }

    static Response text(String description, String mediaType) {
        return new Response(200, description, mediaType, null);
    }

    static Response empty(String description) {
        return new Response(204, description, null, null);
    }
}
