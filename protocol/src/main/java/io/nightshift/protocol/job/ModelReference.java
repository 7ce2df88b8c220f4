package io.nightshift.protocol.job;

/// How a job names its model.
public sealed interface ModelReference {

    /// `name`: what the alias `champion` points at, or else the newest version.
    record Champion(String name) implements ModelReference {}

    /// `name@3`.
    record Exact(String name, int version) implements ModelReference {}

    /// `name@alias`.
    record Alias(String name, String alias) implements ModelReference {}

    /// A path to a model file, which is registered on first use.
    record File(String path) implements ModelReference {}
}
