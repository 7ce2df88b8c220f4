package io.nightshift.worker.partition;

import org.jspecify.annotations.Nullable;

/// The options of an attempt. Without any, it scores all rows of its partition with one model.
///
/// @param selection the quarantined rows that it scores; null if it scores all rows of the partition
/// @param times where it adds its times; null if nobody wants them
/// @param reads of the attempts of this node; null if nobody needs to know how much it reads
record AttemptOptions(
        SecondModel second,
        @Nullable QuarantineSelection selection,
        @Nullable StepTimes times,
        @Nullable ReadSamples reads) {

    static final AttemptOptions NONE = new AttemptOptions(new SecondModel.None(), null, null, null);

    AttemptOptions with(SecondModel other) {
        return new AttemptOptions(other, selection, times, reads);
    }

    AttemptOptions with(QuarantineSelection selected) {
        return new AttemptOptions(second, selected, times, reads);
    }

    AttemptOptions with(StepTimes measured) {
        return new AttemptOptions(second, selection, measured, reads);
    }

    AttemptOptions with(ReadSamples samples) {
        return new AttemptOptions(second, selection, times, samples);
    }
}
