package io.nightshift.source;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The numbers of rows of files that were looked at before, so that only new files are opened. Safe for
/// several threads.
public final class RowCounts {

    private static final int MOST_FILES = 200_000;

    private final Map<FileVersion, Long> rows = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<FileVersion, Long> eldest) {
            return size() > MOST_FILES;
        }
    };

    /// The number of rows of a file; null if it is not known.
    public synchronized @Nullable Long get(FileVersion file) {
        return rows.get(file);
    }

    /// Keeps the number of rows of a file.
    public synchronized void put(FileVersion file, long count) {
        rows.put(file, count);
    }
}
