package io.nightshift.storage.source;

/// How much a source holds at some moment, without looking at its content.
///
/// @param files the number of whole files; one that is still being written does not count
/// @param rows of these files; 0 if they were not counted
/// @param digest of the paths, lengths and modification times of these files: 64 hexadecimal digits
public record SourceState(long files, long rows, String digest) {}
