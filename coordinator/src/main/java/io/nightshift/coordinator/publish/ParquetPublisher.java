package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.batch.Publisher;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.OutputInspector;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes a folder of Parquet files with one atomic rename.
///
/// ```
/// DESTINATION/.staging/batch=ID/attempts/   what workers write, one file an attempt
/// DESTINATION/.staging/batch=ID/output/     committed files, then manifest and _SUCCESS
/// DESTINATION/batch=ID/                     is `output`, renamed: readers see nothing, or all
/// ```
///
/// Every step can be repeated after a crash. Losing attempts stay behind in `attempts`, which is
/// deleted last: renamed first, so that a worker that is still writing can't keep it alive, and one
/// that wakes up later finds no folder to write to.
public final class ParquetPublisher implements Publisher {

    private static final int PREPARE_TRIES = 20;
    private static final Logger LOG = LoggerFactory.getLogger(ParquetPublisher.class);

    public static final String MANIFEST = "_manifest.json";
    public static final String SUCCESS = "_SUCCESS";

    /// How often a folder is deleted in which a late worker deletes too.
    private static final int DELETIONS = 20;

    private final Ledger ledger;
    private final OutputInspector inspector;

    public ParquetPublisher(Ledger ledger, OutputInspector inspector) {
        this.ledger = ledger;
        this.inspector = inspector;
    }

    /// The folder that readers see.
    public static Path destination(BatchId batch, Job job) {
        return Path.of(job.destination().folder()).resolve("batch=" + batch);
    }

    private static Path stagingRoot(Job job) {
        return Path.of(job.destination().folder()).resolve(".staging");
    }

    /// The folder that is there while the batch is not published.
    public static Path staged(BatchId batch, Job job) {
        return stagingRoot(job).resolve("batch=" + batch);
    }

    /// Where workers write.
    public static Path attempts(BatchId batch, Job job) {
        return staged(batch, job).resolve("attempts");
    }

    /// Where committed files are gathered under their published names.
    public static Path gathered(BatchId batch, Job job) {
        return staged(batch, job).resolve("output");
    }

    /// Where what was staged is put to be deleted.
    private static Path discarded(BatchId batch, Job job) {
        return stagingRoot(job).resolve("discarded=" + batch);
    }

    @Override
    public void prepare(BatchId batch, Job job) {
        Path attempts = attempts(batch, job);
        try {
            makeFolders(attempts);
            Files.delete(Files.createTempFile(attempts, "writable", ".staged"));
        } catch (IOException e) {
            throw FailureException.permanent("the destination %s can't be written: %s"
                    .formatted(job.destination().folder(), reason(e)));
        }
    }

    /// Another batch that ends at this moment may remove the staging root while it is empty.
    private static void makeFolders(Path folder) throws IOException {
        for (int left = PREPARE_TRIES; ; left--) {
            try {
                Files.createDirectories(folder);
                return;
            } catch (NoSuchFileException e) {
                if (left == 0) {
                    throw e;
                }
            }
        }
    }

    @Override
    public String staging(BatchId batch, Job job) {
        return attempts(batch, job).toString();
    }

    @Override
    public Publication publish(BatchState state) {
        Job job = state.submission().job();
        Path destination = destination(state.batch(), job);
        try {
            if (!Files.exists(destination)) {
                Path output = gathered(state.batch(), job);
                assemble(state, output);
                Files.move(output, destination, StandardCopyOption.ATOMIC_MOVE);
                force(Path.of(job.destination().folder()));
            }
            String manifest = Digests.sha256(destination.resolve(MANIFEST));
            discard(state.batch(), job);
            return new Publication(destination.toString(), manifest);
        } catch (IOException e) {
            throw new FailureException(
                    Failure.transientFailure("%s can't be published: %s".formatted(state.batch(), reason(e))), e);
        }
    }

    private void assemble(BatchState state, Path output) throws IOException {
        Files.createDirectories(output);
        List<PartitionCommit> commits = commits(state.batch());
        Path attempts = attempts(state.batch(), state.submission().job());
        for (PartitionCommit commit : commits) {
            Attempt attempt = commit.attempt(state.batch());
            move(
                    attempts.resolve(attempt.stagedPart()),
                    output.resolve(Attempt.partName(commit.partition())),
                    commit.part());
            if (commit.quarantine() != null) {
                move(
                        attempts.resolve(attempt.stagedQuarantine()),
                        output.resolve(Attempt.quarantineName(commit.partition())),
                        commit.quarantine());
            }
        }
        refuseRepeatedIds(state, output, commits);
        Path manifest = output.resolve(MANIFEST);
        try (FileChannel channel = create(manifest);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel))) {
            Manifest.write(out, state, commits);
            out.flush();
            channel.force(true);
        }
        create(output.resolve(SUCCESS)).close();
        force(output);
    }

    private List<PartitionCommit> commits(BatchId batch) {
        List<PartitionCommit> commits = new ArrayList<>();
        ledger.forEach(batch, (number, entry) -> {
            if (entry.event() instanceof BatchEvent.Committed committed) {
                commits.addAll(committed.commits());
            }
        });
        commits.sort(Comparator.comparingInt(PartitionCommit::partition));
        return commits;
    }

    private static void move(Path staged, Path target, OutputFile file) throws IOException {
        if (!Files.exists(target)) {
            try {
                Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (NoSuchFileException e) {
                throw FailureException.permanent(
                        "the committed file %s is gone. Start over with --new".formatted(staged));
            }
        }
        long bytes = Files.size(target);
        if (bytes != file.bytes()) {
            throw FailureException.permanent(String.format(
                    Locale.ROOT,
                    "the committed file %s has %,d bytes instead of %,d. Start over with --new",
                    target,
                    bytes,
                    file.bytes()));
        }
    }

    private void refuseRepeatedIds(BatchState state, Path output, List<PartitionCommit> commits) {
        Job.Source source = state.submission().job().source();
        if (!source.uniqueId()) {
            return;
        }
        List<Path> files = new ArrayList<>();
        for (PartitionCommit commit : commits) {
            files.add(output.resolve(Attempt.partName(commit.partition())));
            if (commit.quarantine() != null) {
                files.add(output.resolve(Attempt.quarantineName(commit.partition())));
            }
        }
        List<String> repeated = inspector.repeatedIds(files, 3);
        if (!repeated.isEmpty()) {
            throw FailureException.permanent("the column %s is not unique, and the job asks for source.unique-id: %s"
                    .formatted(source.id(), String.join(", ", repeated)));
        }
    }

    @Override
    public void discard(BatchId batch, Job job) {
        try {
            Path discarded = discarded(batch, job);
            deleteTree(discarded);
            if (Files.exists(staged(batch, job))) {
                Files.move(staged(batch, job), discarded, StandardCopyOption.ATOMIC_MOVE);
                deleteTree(discarded);
            }
        } catch (IOException e) {
            LOG.warn("{}: staged output could not be removed: {}", batch, reason(e));
            return;
        }
        try {
            Files.deleteIfExists(stagingRoot(job));
        } catch (IOException e) {
            LOG.debug("{} is kept; most often it holds another batch's output: {}", stagingRoot(job), reason(e));
        }
    }

    /// Deletes a folder while a late worker may still write to it, or delete from it.
    private static void deleteTree(Path root) throws IOException {
        for (int attempt = 1; Files.exists(root); attempt++) {
            try {
                Files.walkFileTree(root, new Deletion());
            } catch (DirectoryNotEmptyException | NoSuchFileException e) {
                if (attempt == DELETIONS) {
                    throw e;
                }
            }
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException problem) throws IOException {
            if (problem != null) {
                throw problem;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    /// Makes a folder's entries durable.
    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "no right to write " + denied.getFile();
            case FileSystemException problem
            when problem.getReason() != null -> problem.getFile() + ": " + problem.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
