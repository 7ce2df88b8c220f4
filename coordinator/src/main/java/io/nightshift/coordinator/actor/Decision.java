package io.nightshift.coordinator.actor;

import java.util.List;

/// The reaction of a [PersistentActor] to one message. A decision is data: it holds no code and nothing that
/// changes, so tests compare decisions with `equals`.
///
/// @param <E> the actor's events
/// @param <A> the actor's actions: effects, as data
public interface Decision<E, A> {

    /// The events to persist in one journal write, in this order; empty if nothing changes.
    List<E> events();

    /// The actions to perform in this order once the events are durable, or at once if there are no events. If
    /// the write fails, none of them is performed.
    List<A> actions();
}
