package io.nightshift.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An incident: one for each batch, job or node and cause, until the cause ends.
///
/// @param number counts the incidents of the cluster, from 1
/// @param key identifies the incident to receivers, everywhere and permanently
/// @param type `batch`, `job` or `node`
/// @param subject the batch's ID, the job's name or the node's name
/// @param job the job that the subject belongs to; null for a node
/// @param cause such as `failed`
/// @param state `open` or `resolved`
/// @param summary what happened, in one or two sentences
/// @param raisedAt when the cause was seen first
/// @param resolvedAt when the cause ended; null while the incident is open
/// @param resolution how the cause ended; null while the incident is open
/// @param deliveries one for each channel
public record AlertDescription(
        long number,
        String key,
        String type,
        String subject,
        @Nullable String job,
        String cause,
        String state,
        String summary,
        Instant raisedAt,
        @Nullable Instant resolvedAt,
        @Nullable String resolution,
        List<Delivery> deliveries) {

    /// Keeps an unmodifiable copy of the list.
    public AlertDescription {
        deliveries = List.copyOf(deliveries);
    }

    /// Whether the cause has not ended.
    public boolean isOpen() {
        return state.equals("open");
    }

    /// The delivery of an alert's messages to one channel.
    ///
    /// @param channel the name of the channel
    /// @param state `waiting` if a message is to be delivered, `delivered` if all were, or `given-up` if the
    ///     time for it is over
    /// @param attempts how often the last message was sent; 0 or more
    /// @param failure why the last attempt failed; null if it did not, or is under way
    /// @param nextTry when the message is sent again; null unless it waits for that
    public record Delivery(
            String channel,
            String state,
            int attempts,
            @Nullable String failure,
            @Nullable Instant nextTry) {}
}
