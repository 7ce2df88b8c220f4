package io.nightshift.protocol.batch;

/// The parts of another batch that a batch reuses, of one model.
///
/// @param batch the ID of the other batch
/// @param model SHA-256 of the model file that scored them, 64 hexadecimal digits
/// @param parts how many parts; at least 1
/// @param rows the rows of their partitions that the job's `where` selects; 0 or more
public record ReusedParts(String batch, String model, int parts, long rows) {}
