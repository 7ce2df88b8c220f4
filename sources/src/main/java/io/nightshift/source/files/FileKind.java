package io.nightshift.source.files;

import java.util.List;

/// A kind of file, as a folder of them is searched for it.
///
/// @param endings of the files' names that a folder is searched for, each with its full stop; at least one
public record FileKind(List<String> endings) {

    public FileKind {
        endings = List.copyOf(endings);
        if (endings.isEmpty()) {
            throw new IllegalArgumentException("a kind of file without an ending");
        }
    }

    /// A kind of file with these endings.
    public static FileKind of(String... endings) {
        return new FileKind(List.of(endings));
    }

    /// Whether a file of this name is of the kind.
    boolean matches(String path) {
        return endings.stream().anyMatch(path::endsWith);
    }

    /// The endings, for people: `.csv, .csv.gz or .csv.zst`.
    @Override
    public String toString() {
        return endings.size() == 1
                ? endings.getFirst()
                : String.join(", ", endings.subList(0, endings.size() - 1)) + " or " + endings.getLast();
    }
}
