package io.nightshift.storage.objectstore;

/// A whole object.
///
/// @param bytes its content
/// @param tag its ETag without quotes
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ObjectContent(byte[] bytes, String tag) {}
