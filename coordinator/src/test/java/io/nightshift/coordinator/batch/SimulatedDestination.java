package io.nightshift.coordinator.batch;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;

/// Where a batch becomes visible, with the promises of [Publisher]: a publication can be fenced by a
/// later incarnation up to the instant in which it shows.
final class SimulatedDestination {

    private final InvariantChecker checker;

    /// The last incarnation that claimed it.
    private int claimed;

    private boolean discarded;

    SimulatedDestination(InvariantChecker checker) {
        this.checker = checker;
    }

    /// The first step of a publication.
    void begin(int incarnation) {
        if (checker.isVisible()) {
            return;
        }
        if (discarded) {
            throw FailureException.permanent("the staged output is gone");
        }
        if (claimed > incarnation) {
            throw new FailureException(Failure.transientFailure("a later coordinator publishes"));
        }
        claimed = incarnation;
    }

    /// The last step.
    void show(int incarnation, BatchState state) {
        if (checker.isVisible()) {
            return;
        }
        if (discarded || claimed != incarnation) {
            throw new FailureException(Failure.transientFailure("the gathered output was taken away"));
        }
        checker.shown(state);
    }

    /// @return whether readers see it already
    boolean fence(int incarnation) {
        if (!checker.isVisible()) {
            begin(incarnation);
        }
        return checker.isVisible();
    }

    void discard() {
        discarded = true;
    }
}
