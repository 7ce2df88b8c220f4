package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.util.HashSet;
import java.util.Set;

/// The destination of a simulated batch, with the promises of [Publisher]: a publication can be fenced by a
/// later incarnation up to the instant in which it shows.
class SimulatedDestination {

    static final String GONE = "the staged output is gone";

    private final InvariantChecker checker;

    /// The last incarnation that claimed it.
    private int claimed;

    private boolean discarded;

    /// The incarnations that publish at the moment.
    private final Set<Integer> publishing = new HashSet<>();

    SimulatedDestination(InvariantChecker checker) {
        this.checker = checker;
    }

    /// A publication begins. Two at a time would write to the same place.
    void begin(int incarnation) {
        InvariantChecker.require(
                publishing.add(incarnation), "incarnation %d publishes twice at the same time", incarnation);
    }

    /// A publication has ended, or failed.
    void end(int incarnation) {
        publishing.remove(incarnation);
    }

    /// Whether readers see the batch. Until the claim, an earlier coordinator may still show it.
    boolean isVisible() {
        return checker.isVisible();
    }

    /// Makes sure that no earlier coordinator shows the batch from now on.
    ///
    /// @return whether readers see the batch already
    boolean claim(int incarnation) {
        if (isVisibleAtTheClaim()) {
            return true;
        }
        if (discarded) {
            throw FailureException.permanent(GONE);
        }
        if (claimed > incarnation) {
            throw new FailureException(Failure.transientFailure("a later coordinator publishes"));
        }
        claimed = incarnation;
        return false;
    }

    boolean isVisibleAtTheClaim() {
        return isVisible();
    }

    /// The last step.
    void show(int incarnation, BatchState state) {
        if (isVisible()) {
            return;
        }
        if (discarded || claimed != incarnation) {
            throw new FailureException(Failure.transientFailure("the gathered output was taken away"));
        }
        checker.shown(state);
    }

    /// @return whether readers see it already
    boolean fence(int incarnation) {
        return isVisible() || (!discarded && claim(incarnation));
    }

    void discard() {
        discarded = true;
    }
}
