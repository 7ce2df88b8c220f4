package io.nightshift.protocol.batch;

/// How fast a batch was that has been published. Forecasts of later batches of the same job use it.
///
/// @param rows its input rows, at least 1
/// @param activeMillis the time in which it could score, in milliseconds: without pauses, and without the
///     time outside its window; 0 or more
/// @param publishMillis the time from its last commit until it was published, in milliseconds; 0 or more
/// @param workers how many workers scored it on average; 0 if that is not known
public record PastRun(long rows, long activeMillis, long publishMillis, double workers) {

    public PastRun {
        if (rows < 1 || activeMillis < 0 || publishMillis < 0 || !(workers >= 0)) {
            throw new IllegalArgumentException(
                    "a run of %d rows in %d ms by %s workers".formatted(rows, activeMillis, workers));
        }
    }
}
