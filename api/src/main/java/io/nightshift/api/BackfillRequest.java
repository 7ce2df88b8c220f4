package io.nightshift.api;

import org.jspecify.annotations.Nullable;

/// Asks for the runs of a job whose date lies in a range.
///
/// @param from the first date, such as `2026-11-01`
/// @param to the last date, not before the first
/// @param parallel the most runs at the same time, 1 to 100
/// @param all whether to run again what is published already; otherwise only runs that are missing or failed
/// @param parameter the parameter of the type date or timestamp that decides; null if the job has only one, or its
///     schedule sets only one
public record BackfillRequest(
        String from,
        String to,
        int parallel,
        boolean all,
        @Nullable String parameter) {}
