package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The journal of one batch: appends if the writer has seen all that is there, as the primary key of
/// the real one enforces. A write can fail, or fail and be there.
final class SimulatedJournal {

    enum Outcome {
        STORED,
        FAILED
    }

    private final Simulation world;
    private final InvariantChecker checker;

    /// Whether entries are encoded, chained and decoded, as the real ones are.
    private final boolean chained;

    /// The state after each number of events.
    private final List<BatchState> states = new ArrayList<>();

    private final List<BatchEvent> events = new ArrayList<>();

    SimulatedJournal(Simulation world, InvariantChecker checker, BatchId batch, boolean chained) {
        this.world = world;
        this.checker = checker;
        this.chained = chained;
        states.add(BatchState.initial(batch));
    }

    /// All that were written, in order.
    List<BatchEvent> events() {
        return List.copyOf(events);
    }

    int size() {
        return states.size() - 1;
    }

    BatchState state(int events) {
        return states.get(events);
    }

    /// @param seen how many events the writer knows of
    /// @param stored runs when they are durable, before anyone is told
    /// @param told what the writer hears, if it lives
    void write(
            SimulatedCoordinator writer,
            int seen,
            List<? extends BatchEvent> events,
            Runnable stored,
            Consumer<Outcome> told) {
        world.after(world.latency(), () -> {
            boolean lost = world.happens(world.faults().writeFails()) || seen != size();
            if (!lost) {
                events.forEach(this::append);
                stored.run();
            }
            Outcome outcome = lost || world.happens(world.faults().writeUnknown()) ? Outcome.FAILED : Outcome.STORED;
            writer.after(world.latency(), () -> told.accept(outcome));
        });
    }

    private void append(BatchEvent event) {
        BatchState before = states.getLast();
        BatchState next = chained ? before.apply(LedgerEntry.after(before.head(), event)) : before.apply(event);
        states.add(next);
        events.add(event);
        checker.stored(event, next);
    }
}
