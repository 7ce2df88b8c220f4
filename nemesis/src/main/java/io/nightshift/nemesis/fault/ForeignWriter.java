package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.workload.OutputFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Another program that writes below the destination of a batch. Nightshift must leave its files or objects as they
/// are.
final class ForeignWriter {

    private static final int FILES = 20;

    private final OutputFiles destination;
    private final Map<String, String> written = new TreeMap<>();

    ForeignWriter(OutputFiles destination) {
        this.destination = destination;
    }

    /// Writes some files or objects. Each call writes others.
    void write() throws IOException {
        for (int i = 0; i < FILES; i++) {
            int number = written.size();
            String name = i % 2 == 0 ? "foreign/notes-%d.txt".formatted(number) : "_notes-%d.parquet".formatted(number);
            String content = "written by another program: " + number;
            destination.write(name, content);
            written.put(name, content);
        }
    }

    /// Compares what is there with what was written, and deletes it.
    ///
    /// @return the broken promises
    List<String> end() throws IOException {
        List<String> violations = new ArrayList<>();
        for (Map.Entry<String, String> file : written.entrySet()) {
            String found = destination.content(file.getKey());
            if (!file.getValue().equals(found)) {
                violations.add("%s, which another program wrote, is now %s".formatted(file.getKey(), found));
            }
            destination.delete(file.getKey());
        }
        written.clear();
        return violations;
    }
}
