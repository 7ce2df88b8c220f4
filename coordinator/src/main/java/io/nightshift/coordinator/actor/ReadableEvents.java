package io.nightshift.coordinator.actor;

import io.nightshift.protocol.ledger.UnreadableEntry;
import java.util.function.Consumer;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;

/// Gives a persistent actor only those entries of the journal that the serializer could read. So an entry
/// that can't be read does not end the actor's recovery.
///
/// @param <E> the actor's events
public final class ReadableEvents<E> extends EventAdapter<E, Object> {

    private final Class<E> type;
    private final Consumer<UnreadableEntry> unreadable;

    /// @param type the class of the actor's events
    /// @param unreadable is called for each entry that can't be read, by the actor
    public ReadableEvents(Class<E> type, Consumer<UnreadableEntry> unreadable) {
        this.type = type;
        this.unreadable = unreadable;
    }

    @Override
    public Object toJournal(E event) {
        return event;
    }

    @Override
    public String manifest(E event) {
        return "";
    }

    @Override
    public EventSeq<E> fromJournal(Object stored, String manifest) {
        if (type.isInstance(stored)) {
            return EventSeq.single(type.cast(stored));
        }
        unreadable.accept(
                stored instanceof UnreadableEntry entry
                        ? entry
                        : new UnreadableEntry("the journal holds a %s where a %s belongs"
                                .formatted(stored.getClass().getSimpleName(), type.getSimpleName())));
        return EventSeq.empty();
    }
}
