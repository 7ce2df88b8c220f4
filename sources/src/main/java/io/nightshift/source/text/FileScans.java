package io.nightshift.source.text;

import io.nightshift.source.FileVersion;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The results of the last scans, so that a file is scanned once although a batch is checked, planned and
/// published. Safe for several threads.
final class FileScans {

    private static final int MOST_FILES = 5_000;

    private record Key(FileVersion file, String tag, TextFormat format) {}

    private final Map<Key, FileScan> scans = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, FileScan> eldest) {
            return size() > MOST_FILES;
        }
    };

    /// @param tag of the file's pin
    synchronized @Nullable FileScan get(FileVersion file, String tag, TextFormat format) {
        return scans.get(new Key(file, tag, format));
    }

    synchronized void put(FileVersion file, String tag, TextFormat format, FileScan scan) {
        scans.put(new Key(file, tag, format), scan);
    }
}
