package io.nightshift.coordinator.alert;

import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.job.AlertCause;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A message about an incident, for a channel. All attempts to deliver it carry the same key and step.
///
/// @param channel the name of the channel
/// @param step whether the cause has begun or ended
/// @param key identifies the incident to receivers, everywhere and permanently
/// @param subject what the incident is about
/// @param cause why
/// @param job the job that the subject belongs to; null for a node
/// @param summary what happened, in one or two sentences
/// @param raisedAt when the incident was opened
/// @param resolvedAt when the cause ended; null if it has begun
/// @param resolution how the cause ended; null if it has begun
/// @param attempt counts the attempts, from 1
public record AlertNotification(
        String channel,
        AlertStep step,
        String key,
        AlertSubject subject,
        AlertCause cause,
        @Nullable String job,
        String summary,
        Instant raisedAt,
        @Nullable Instant resolvedAt,
        @Nullable String resolution,
        int attempt) {}
