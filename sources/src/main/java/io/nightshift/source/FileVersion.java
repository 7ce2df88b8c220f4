package io.nightshift.source;

import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/// A file as it was when it was listed.
///
/// @param path the absolute path of a local file, or the address of an object
/// @param bytes its length
/// @param modified when it was modified last
/// @param tag the ETag of an object, without quotes; null for a local file
public record FileVersion(
        String path,
        long bytes,
        FileTime modified,
        @Nullable String tag) {}
