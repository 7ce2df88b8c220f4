package io.nightshift.node.dashboard;

import io.nightshift.api.ApiJson;
import io.nightshift.node.gateway.ProblemException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/// Why a page can't be kept up to date at the moment.
///
/// @param detail for people
record Trouble(String detail) {

    static String json(Throwable thrown) {
        Throwable problem =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return ApiJson.write(new Trouble(
                problem instanceof CancellationException
                        ? "The node is leaving."
                        : ProblemException.of(problem).problem().detail()));
    }
}
