package io.nightshift.destination.folder;

import io.nightshift.destination.PartitionWriter.Execution;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.StagedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/// The predictions of an attempt on a disk: one file, or several if the format divides a partition by its size.
///
/// Several files are next to the one: `part.staged` becomes `part.0.staged`, `part.1.staged` and so on. So
/// the folder of a batch's attempts needs no folders below it, which a late worker could make again. For use
/// by one thread.
public final class StagedPart {

    /// The most files of a partition, so that a commit always fits into a message.
    static final int MOST_FILES = 250;

    private final FileFormat format;
    private final Path path;

    /// @param path of the file, if it is one
    public StagedPart(FileFormat format, Path path) {
        this.format = format;
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /// The name of one of several files, or a pattern for all.
    ///
    /// @param number its position from 0, or what stands for it in the pattern
    public static String divided(Path path, String number) {
        String name = path.getFileName().toString();
        int end = name.lastIndexOf('.');
        return name.substring(0, end + 1) + number + name.substring(end);
    }

    /// Writes the good rows, in place of what an earlier call has written.
    ///
    /// @param blockRows how many rows may be held in memory
    /// @return the number of rows
    public long write(ScoredRows rows, Lease lease, int blockRows, Execution scoring) throws SQLException {
        deleteDivided();
        Path folder = Objects.requireNonNull(path.getParent());
        if (format.fileBytes() > 0 && !Files.isDirectory(folder)) {
            // DuckDB would say that it can't make the folder, as of its own folder for temporary files.
            throw new FailureException(Failure.of(
                    FailedResource.Type.STORAGE,
                    folder.toString(),
                    "there is no folder %s any more".formatted(folder)));
        }
        return scoring.run(format.copyPredictions(rows, lease, path, blockRows));
    }

    /// Makes the files durable. One file alone gets the name of an undivided part.
    ///
    /// @param rows that were written
    /// @return what the ledger keeps
    public OutputFile seal(long rows) throws IOException {
        List<Path> files = divided();
        if (files.size() > MOST_FILES) {
            throw FailureException.permanent(
                    "%s has %,d files, and a partition may have %,d. Increase destination.parquet.file-size, or decrease partitions.rows"
                            .formatted(path, files.size(), MOST_FILES));
        }
        if (files.size() > 1) {
            return sealed(files, rows);
        }
        if (files.size() == 1) {
            Files.move(files.getFirst(), path, StandardCopyOption.ATOMIC_MOVE);
        }
        return new StagedFile(path).seal(rows);
    }

    private OutputFile sealed(List<Path> files, long rows) throws IOException {
        List<OutputFile> sealed = new ArrayList<>();
        for (Path file : files) {
            sealed.add(new StagedFile(file).seal(format.rows(file)));
        }
        long found = sealed.stream().mapToLong(OutputFile::rows).sum();
        if (found != rows) {
            throw FailureException.permanent(
                    "the files of %s have %,d rows instead of %,d".formatted(path, found, rows));
        }
        String digests = sealed.stream().map(OutputFile::sha256).collect(Collectors.joining());
        return new OutputFile(
                rows,
                sealed.stream().mapToLong(OutputFile::bytes).sum(),
                Digests.sha256(digests.getBytes(StandardCharsets.US_ASCII)),
                sealed);
    }

    /// The files after [#seal], in the order of their rows.
    public List<Path> files() {
        List<Path> files = divided();
        return files.isEmpty() ? List.of(path) : files;
    }

    private List<Path> divided() {
        List<Path> files = new ArrayList<>();
        if (format.fileBytes() > 0) {
            for (Path next = file(0); Files.exists(next); next = file(files.size())) {
                files.add(next);
            }
        }
        return files;
    }

    private Path file(int number) {
        return path.resolveSibling(divided(path, String.valueOf(number)));
    }

    /// Removes the files that are there.
    public void delete() {
        deleteDivided();
        new StagedFile(path).delete();
    }

    /// The last one first, so that what is left after a crash is found again.
    private void deleteDivided() {
        divided().reversed().forEach(file -> new StagedFile(file).delete());
    }
}
