package io.nightshift.source;

import java.util.List;

/// Chooses which of the listed files of a source are read. The others are not opened.
@FunctionalInterface
public interface FileSelection {

    /// All files.
    FileSelection ALL = listed -> listed;

    /// @param listed at least one
    /// @return at least one of them, in their order
    List<FileVersion> select(List<FileVersion> listed);
}
