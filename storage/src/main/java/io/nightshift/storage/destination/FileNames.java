package io.nightshift.storage.destination;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import java.util.Locale;
import java.util.stream.Stream;

/// The names of the files of a batch: as a worker stages them, and as readers see them.
///
/// @param extension of every file, with the dot
public record FileNames(String extension) {

    private static final String STAGED = "%s.%s.staged";

    /// The published file with a partition's predictions.
    public String part(int partition) {
        return String.format(Locale.ROOT, "part-%06d%s", partition, extension);
    }

    /// Whether a published file holds predictions.
    public boolean isPart(String name) {
        return name.startsWith("part-") && name.endsWith(extension);
    }

    /// The published file with a partition's quarantined rows.
    public String quarantine(int partition) {
        return String.format(Locale.ROOT, "_quarantine-%06d%s", partition, extension);
    }

    /// The file to which an attempt writes its predictions.
    public String stagedPart(Attempt attempt) {
        return STAGED.formatted(part(attempt.partition()), attempt.epoch());
    }

    /// The file to which an attempt writes its quarantined rows.
    public String stagedQuarantine(Attempt attempt) {
        return STAGED.formatted(quarantine(attempt.partition()), attempt.epoch());
    }

    /// A file that a batch has committed.
    ///
    /// @param name as readers see it
    /// @param stagedName as the worker wrote it
    public record Committed(int partition, String name, String stagedName, OutputFile file) {}

    /// The files of a commit: its part, and the file of its quarantined rows if there are any.
    public Stream<Committed> of(BatchId batch, PartitionCommit commit) {
        Attempt attempt = commit.attempt(batch);
        int partition = commit.partition();
        Committed part = new Committed(partition, part(partition), stagedPart(attempt), commit.part());
        OutputFile bad = commit.quarantine();
        return bad == null
                ? Stream.of(part)
                : Stream.of(part, new Committed(partition, quarantine(partition), stagedQuarantine(attempt), bad));
    }
}
