package io.nightshift.protocol.batch;

/// The output of a batch at one of several destinations.
///
/// @param destination where readers find the output: the batch's folder, or its tables
/// @param manifest SHA-256 of the batch's manifest there, 64 hexadecimal digits
public record PublishedOutput(String destination, String manifest) {}
