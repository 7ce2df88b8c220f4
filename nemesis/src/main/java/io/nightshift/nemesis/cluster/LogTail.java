package io.nightshift.nemesis.cluster;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Reads the new lines of a growing file.
public final class LogTail {

    private final Path file;
    private long position;

    public LogTail(Path file) {
        this.file = file;
    }

    public Path file() {
        return file;
    }

    /// The lines that were completed since the last call.
    public List<String> read() throws IOException {
        if (!Files.exists(file) || Files.size(file) == position) {
            return List.of();
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            byte[] more = new byte[Math.toIntExact(log.length() - position)];
            log.seek(position);
            log.readFully(more);
            String text = new String(more, StandardCharsets.ISO_8859_1);
            int end = text.lastIndexOf('\n') + 1;
            position += end;
            return text.substring(0, end).lines().toList();
        }
    }
}
