package io.nightshift.source.files;

import java.util.List;

/// Rules out folders of an object store while they are listed, by their names alone. Safe for several threads.
public interface FolderFilter {

    /// Rules out nothing.
    FolderFilter ALL = new FolderFilter() {
        @Override
        public boolean needsNamesBelow(String folder) {
            return false;
        }

        @Override
        public List<String> kept(List<String> folders) {
            return folders;
        }
    };

    /// Whether the names of folders below a folder can rule out some of them.
    ///
    /// @param folder an address that ends in `/`
    boolean needsNamesBelow(String folder);

    /// The folders in which there may be a file that is read.
    ///
    /// @param folders all folders in a folder, as addresses that end in `/`
    /// @return in the same order
    List<String> kept(List<String> folders);
}
