package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchEvent;

/// The incarnation of a coordinator. Attempts and tasks of earlier incarnations no longer count.
public final class Incarnation {

    private final String node;
    private final AttemptDecisions attempts;
    private final CurrentTask task;

    /// The incarnation that this coordinator has persisted; 0 before its takeover.
    private int number;

    /// @param node this node, `host:port`
    public Incarnation(String node, AttemptDecisions attempts, CurrentTask task) {
        this.node = node;
        this.attempts = attempts;
        this.task = task;
    }

    public int number() {
        return number;
    }

    /// Begins the next incarnation.
    ///
    /// @return the event to persist
    BatchEvent next(BatchState state, DecisionTime now) {
        become(state.incarnation() + 1);
        return new BatchEvent.TookOver(now.instant(), number, node);
    }

    /// Attempts that hold a lease of another incarnation can't be committed any more.
    public void become(int other) {
        number = other;
        attempts.voidLeases();
        task.superseded();
    }
}
