package io.nightshift.storage.destination;

/// A batch that readers see.
///
/// @param destination what readers read: a folder, or a table
/// @param manifestSha256 of its manifest, as 64 hexadecimal digits
public record Publication(String destination, String manifestSha256) {}
