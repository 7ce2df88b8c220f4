package io.nightshift.protocol.register;

/// How many batches of a caller may be open at the same time.
///
/// @param caller the name of the caller's token
/// @param batches the most open batches, at least 1
public record OpenBatchLimit(String caller, int batches) {}
