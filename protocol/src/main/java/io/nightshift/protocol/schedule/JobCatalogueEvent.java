package io.nightshift.protocol.schedule;

import java.time.Instant;

/// A persisted fact about the catalogue of applied jobs. Events are never changed or deleted.
public sealed interface JobCatalogueEvent {

    /// A job was entered.
    ///
    /// @param at when the catalogue decided it, by the wall clock of its node
    /// @param job the job's name
    record Added(Instant at, String job) implements JobCatalogueEvent {}

    /// A job was removed.
    ///
    /// @param at when the catalogue decided it, by the wall clock of its node
    /// @param job the job's name
    record Removed(Instant at, String job) implements JobCatalogueEvent {}
}
