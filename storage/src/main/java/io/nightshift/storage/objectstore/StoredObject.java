package io.nightshift.storage.objectstore;

import java.time.Instant;

/// An object as its store describes it.
///
/// @param bytes its length
/// @param modified when it was written, to the second: some stores list the time more precisely than they
///     answer for a single object
/// @param tag its ETag without quotes: it changes with the content
public record StoredObject(ObjectAddress address, long bytes, Instant modified, String tag) {}
