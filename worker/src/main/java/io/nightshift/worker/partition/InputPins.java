package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.PinComparison;
import io.nightshift.source.SourcePins;
import java.io.IOException;
import java.util.List;

/// Compares the files that an attempt reads with those that its batch has pinned. The files are compared in full
/// once, after they were read: a file that was replaced before is found then, too.
///
/// @param pins of the lease's source
record InputPins(PinComparison pins, Lease lease, AttemptControl control) {

    private interface Comparison {
        List<String> differences(SourceFile file) throws IOException;
    }

    /// @throws FailureException permanent, if a file has changed
    void checkBeforeReading() {
        check(pins::quickDifferences);
    }

    /// @throws FailureException permanent, if a file has changed
    void checkAfterReading() {
        check(pins::differencesAfterReading);
    }

    /// If a file was replaced while the attempt ran, that is the reason of whatever failed.
    ///
    /// @throws FailureException permanent, if a file has changed
    void checkAfterFailure() {
        check(pins::differences);
    }

    private void check(Comparison comparison) {
        if (pins.isDoneByReaders()) {
            return;
        }
        for (Slice slice : lease.slices()) {
            SourceFile file = slice.file();
            control.progressed();
            List<String> differences;
            try {
                differences = comparison.differences(file);
            } catch (IOException e) {
                throw SourcePins.unreadable(file.path(), e);
            }
            if (differences.equals(SourcePins.GONE)) {
                throw SourcePins.missing(file.path(), "%s: %s: it is gone".formatted(control.doing(), file.path()));
            }
            if (!differences.isEmpty()) {
                throw FailureException.permanent("the input changed while %s was running: %s: %s"
                        .formatted(lease.attempt().batch(), file.path(), String.join(", ", differences)));
            }
        }
    }
}
