package io.nightshift.protocol.plan;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The pinned identity of an input file.
///
/// @param path absolute
/// @param bytes its length
/// @param modified its modification time, as fine as the file system keeps it
/// @param rows it holds
public record SourceFile(String path, long bytes, Instant modified, long rows) {

    /// What differs between this, the pinned identity, and the file as it is now, in words; empty
    /// if nothing does.
    ///
    /// @param bytesNow the present length of the file in bytes
    /// @param modifiedNow the present modification time of the file
    public List<String> differences(long bytesNow, Instant modifiedNow) {
        List<String> differences = new ArrayList<>();
        if (bytesNow != bytes) {
            differences.add(String.format(Locale.ROOT, "its length was %,d bytes and is %,d", bytes, bytesNow));
        }
        if (!modifiedNow.equals(modified)) {
            differences.add("it was last modified at %s and now at %s".formatted(modified, modifiedNow));
        }
        return differences;
    }
}
