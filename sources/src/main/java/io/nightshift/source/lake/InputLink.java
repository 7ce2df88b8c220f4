package io.nightshift.source.lake;

import java.util.List;

/// A snapshot that a batch has read, compared with its table.
public sealed interface InputLink {

    /// The table still has it, with the files and the deletes that were pinned.
    ///
    /// @param sentence without the last full stop
    record Same(String sentence) implements InputLink {}

    /// The table does not have it any more, or can't be read.
    ///
    /// @param reason a sentence without the last full stop
    record Gone(String reason) implements InputLink {}

    /// The table contradicts what was pinned.
    ///
    /// @param problems sentences without the last full stop
    record Different(List<String> problems) implements InputLink {
        public Different {
            problems = List.copyOf(problems);
        }
    }
}
