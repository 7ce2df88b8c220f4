package io.nightshift.coordinator.plan;

import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The difference between the files of a plan and those that are in the source now, in words.
///
/// Pure: it looks at no file.
public final class InputDifference {

    private InputDifference() {}

    /// Names the first planned file that has changed or vanished; if there is none, the first file that was added.
    ///
    /// @param planned the files of the plan
    /// @param found the files in the source
    /// @return a clause that begins with the path; empty if the files are the same
    public static Optional<String> first(List<SourceFile> planned, List<InspectedFile> found) {
        Map<String, SourceFile> now = found.stream()
                .map(InspectedFile::file)
                .collect(Collectors.toMap(SourceFile::path, Function.identity(), (one, same) -> one));
        Set<String> paths = new HashSet<>();
        for (SourceFile file : planned) {
            paths.add(file.path());
            SourceFile there = now.get(file.path());
            if (there == null || !isSameFile(file, there)) {
                return Optional.of(change(file, there));
            }
        }
        return found.stream()
                .map(file -> file.file().path())
                .filter(path -> !paths.contains(path))
                .findFirst()
                .map(path -> path + " was added");
    }

    /// Describes how a planned file has changed.
    ///
    /// @param now the file in the source, which is not equal to the planned one; null if it is not there
    static String change(SourceFile file, @Nullable SourceFile now) {
        if (now == null) {
            return file.path() + " is no longer in the source";
        }
        if (isSameFile(file, now)) {
            return file.path()
                    + " is read with other columns or types than before, because the other files of the source have changed";
        }
        List<String> differences = file.differences(now.bytes(), now.modified());
        return "%s has changed: %s"
                .formatted(
                        file.path(),
                        differences.isEmpty()
                                ? "its content is different, although its length and modification time are the same"
                                : String.join(", ", differences));
    }

    private static boolean isSameFile(SourceFile file, SourceFile now) {
        return file.differences(now.bytes(), now.modified()).isEmpty()
                && file.tag().equals(now.tag());
    }
}
