package io.nightshift.coordinator.actor;

import io.nightshift.protocol.ledger.UnreadableEntry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.typed.BackoffSupervisorStrategy;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/// A sharded entity that lives by its journal. For each message, it calls [#decide], persists the events of the
/// decision, folds them into its state by [#apply], and then performs the actions. While it writes, messages wait.
///
/// After a failed write, whose outcome is unknown, Pekko recovers the state from the journal and calls
/// [#recovered], but keeps this object: what is not in the journal must start anew there. [RestartBackoff] makes a
/// new object after an exception of the actor's own code.
///
/// @param <M> the messages
/// @param <E> the events in the journal
/// @param <A> the actions of decisions
/// @param <S> the state, which is immutable
public abstract class PersistentActor<M, E, A, S> extends EventSourcedBehavior<M, E, S> {

    private static final BackoffSupervisorStrategy AFTER_FAILED_WRITE =
            SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2);

    /// If the last one can't be read, the one before is used.
    private static final int SNAPSHOTS = 2;

    private final Class<E> events;
    private final Clock clock;

    /// @param key of the entity's type
    /// @param id of the entity
    /// @param events the class of the events
    protected PersistentActor(EntityTypeKey<?> key, String id, Class<E> events, Clock clock) {
        super(PersistenceId.of(key.name(), id), AFTER_FAILED_WRITE);
        this.events = events;
        this.clock = clock;
    }

    protected DecisionTime now() {
        return new DecisionTime(System.nanoTime(), clock.instant());
    }

    // The hooks, in the order in which an actor comes to them.

    /// The state after one more event.
    protected abstract S apply(S state, E event);

    /// Called for an entry of the journal that can't be read. It is not among the events. So it does not end the
    /// actor's recovery.
    protected abstract void unreadable(UnreadableEntry entry);

    /// Called when all events are read, before the first message.
    protected void recovered(S state) {}

    /// Whether a message is kept until one is not.
    protected boolean mustWait(M message) {
        return false;
    }

    /// Handles a message about which nothing is to be decided.
    ///
    /// @return false if the message needs a decision
    protected boolean handle(S state, M message) {
        return false;
    }

    protected abstract Decision<E, A> decide(S state, M message, DecisionTime now);

    /// Called when the events of a decision are durable, before the actions.
    ///
    /// @param state with the events
    /// @param events at least one
    /// @param decided when the decision was made
    protected void persisted(S state, M message, List<E> events, DecisionTime decided, DecisionTime now) {}

    /// @param state with the events of the decision
    protected abstract void perform(S state, A action);

    /// Called after the actions of each decision.
    ///
    /// @param state with the events of the decision
    protected void performed(S state, M message, Decision<E, A> decision, DecisionTime now) {}

    /// Called before the actor recovers from a failed write, or is replaced after an exception.
    protected void restarting(S state) {}

    protected void stopped(S state) {}

    // What Pekko calls.

    @Override
    public final EventHandler<S, E> eventHandler() {
        return this::apply;
    }

    @Override
    public final EventAdapter<E, ?> eventAdapter() {
        return new ReadableEvents<>(events, this::unreadable);
    }

    @Override
    public final SignalHandler<S> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::recovered)
                .onSignal(PostStop.instance(), this::stopped)
                .onSignal(PreRestart.instance(), this::restarting)
                .build();
    }

    @Override
    public final CommandHandler<M, E, S> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::received);
    }

    private Effect<E, S> received(S state, M message) {
        if (mustWait(message)) {
            return Effect().stash();
        }
        if (handle(state, message)) {
            return Effect().none();
        }
        DecisionTime now = now();
        Decision<E, A> decision = decide(state, message, now);
        if (decision.events().isEmpty()) {
            carryOut(state, message, decision, now);
            return Effect().none().thenUnstashAll();
        }
        return Effect()
                .persist(decision.events())
                .thenRun((S next) -> {
                    DecisionTime durable = now();
                    persisted(next, message, decision.events(), now, durable);
                    carryOut(next, message, decision, durable);
                })
                .thenUnstashAll();
    }

    private void carryOut(S state, M message, Decision<E, A> decision, DecisionTime now) {
        decision.actions().forEach(action -> perform(state, action));
        performed(state, message, decision, now);
    }

    /// Snapshots after so many events: a start reads the last one, and about this many events at most.
    protected static RetentionCriteria snapshotEvery(int events) {
        return RetentionCriteria.snapshotEvery(events, SNAPSHOTS);
    }

    /// Stores the state in a form of its own.
    ///
    /// @param <S> the state
    /// @param <T> its form in a snapshot
    protected static <S, T> SnapshotAdapter<S> snapshots(Class<T> type, Function<S, T> write, Function<T, S> read) {
        return new SnapshotAdapter<>() {
            @Override
            public Object toJournal(S state) {
                return write.apply(state);
            }

            @Override
            public S fromJournal(Object stored) {
                return read.apply(type.cast(stored));
            }
        };
    }
}
