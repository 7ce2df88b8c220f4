package io.nightshift.node.configuration;

import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Path;
import java.util.List;

/// The section `nightshift.files`: the folders that jobs may use.
///
/// @param read folders of sources and model files, absolute
/// @param write folders of destinations, absolute
public record FileSettings(List<Path> read, List<Path> write) {

    public FileSettings {
        read = List.copyOf(read);
        write = List.copyOf(write);
    }

    static FileSettings read(ConfigurationSection files) {
        FileSettings settings = new FileSettings(
                folders(
                        files,
                        "read",
                        "The folders of sources and of model files that a job names by their path. May also name a single file."),
                folders(
                        files,
                        "write",
                        "The folders of destinations. Jobs and commands may also read their output there."));
        files.end();
        return settings;
    }

    private static List<Path> folders(ConfigurationSection files, String key, String meaning) {
        List<String> folders = files.texts(key, List.of(), KeyMeaning.of("list of paths", meaning));
        if (folders.stream().anyMatch(String::isBlank)) {
            files.mistake(key, "the path of a folder is empty; write a path, or remove it");
        }
        return folders.stream().map(files::resolve).map(Path::normalize).toList();
    }

    /// For a node: other programs submit its jobs, so an empty list allows nothing.
    public FileRoots ofNode() {
        return FileRoots.only(read, write);
    }

    /// For a command whose user runs a job of their own: an empty list allows everything that the user may open.
    public FileRoots ofCommand() {
        return FileRoots.onlyIfAny(read, write);
    }
}
