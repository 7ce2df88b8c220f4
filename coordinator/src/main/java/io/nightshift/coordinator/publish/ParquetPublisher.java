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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes a folder of Parquet files with one atomic rename.
///
/// ```
/// DESTINATION/.staging/batch=ID/attempts/   what workers write, one file an attempt
/// DESTINATION/.staging/batch=ID/output-N/   committed files, then manifest and _SUCCESS
/// DESTINATION/batch=ID/                     is `output-N`, renamed: readers see nothing, or all
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

    /// A committed file of a batch that isn't published: as it was staged, or gathered under its
    /// published name.
    ///
    /// @param name its published name
    /// @param stagedAs its name among the attempts
    public static Path unpublished(BatchId batch, Job job, String name, String stagedAs) throws IOException {
        Path attempt = attempts(batch, job).resolve(stagedAs);
        if (Files.exists(attempt) || !Files.exists(staged(batch, job))) {
            return attempt;
        }
        List<Path> gathered = Gathering.find(staged(batch, job), name);
        return gathered.isEmpty() ? attempt : gathered.getFirst();
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
                Path output = Gathering.claim(staged(state.batch(), job), state.incarnation());
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

    @Override
    public Optional<Publication> fence(BatchState state) {
        Job job = state.submission().job();
        Path destination = destination(state.batch(), job);
        try {
            if (!Files.exists(destination) && Files.exists(staged(state.batch(), job))) {
                Gathering.claim(staged(state.batch(), job), state.incarnation());
            }
            return Files.exists(destination)
                    ? Optional.of(
                            new Publication(destination.toString(), Digests.sha256(destination.resolve(MANIFEST))))
                    : Optional.empty();
        } catch (IOException e) {
            throw new FailureException(
                    Failure.transientFailure("whether readers see %s already can't be found out: %s"
                            .formatted(state.batch(), reason(e))),
                    e);
        }
    }

    private void assemble(BatchState state, Path output) throws IOException {
        Set<Integer> rescored = new HashSet<>();
        List<PartitionCommit> commits = commits(state.batch(), rescored);
        Path attempts = attempts(state.batch(), state.submission().job());
        Set<String> gathered = new HashSet<>();
        for (PartitionCommit commit : commits) {
            Attempt attempt = commit.attempt(state.batch());
            boolean other = rescored.contains(commit.partition());
            String part = Attempt.partName(commit.partition());
            gather(attempts.resolve(attempt.stagedPart()), output.resolve(part), commit.part(), other);
            gathered.add(part);
            if (commit.quarantine() != null) {
                String bad = Attempt.quarantineName(commit.partition());
                gather(attempts.resolve(attempt.stagedQuarantine()), output.resolve(bad), commit.quarantine(), other);
                gathered.add(bad);
            }
        }
        removeAllBut(gathered, output);
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

    /// The commits that count, in the order of the plan.
    ///
    /// @param rescored is given the partitions that had another winner before
    private List<PartitionCommit> commits(BatchId batch, Set<Integer> rescored) {
        Map<Integer, PartitionCommit> commits = new TreeMap<>();
        ledger.forEach(batch, (number, entry) -> {
            BatchEvent event = entry.event();
            if (event instanceof BatchEvent.Committed committed) {
                committed.commits().forEach(commit -> commits.put(commit.partition(), commit));
            } else if (event instanceof BatchEvent.Rescored again) {
                again.partitions().forEach(commits::remove);
                rescored.addAll(again.partitions());
            }
        });
        return List.copyOf(commits.values());
    }

    /// Moves a committed file to where it is gathered. As it was staged its name holds the epoch, so
    /// it is the winner's; gathered it may be that of an earlier winner.
    private static void gather(Path staged, Path target, OutputFile file, boolean rescored) throws IOException {
        if (Files.exists(staged)) {
            Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
        } else if (!Files.exists(target)) {
            List<Path> earlier = Gathering.find(
                    target.resolveSibling("..").normalize(),
                    target.getFileName().toString());
            if (earlier.isEmpty()) {
                throw FailureException.permanent(
                        "the committed file %s is gone. Start over with --new".formatted(staged));
            }
            Files.move(earlier.getFirst(), target, StandardCopyOption.ATOMIC_MOVE);
        }
        if (rescored && !Digests.sha256(target).equals(file.sha256())) {
            throw FailureException.permanent(
                    "the committed file %s is gone; %s is an earlier one. Rescore its partition, or start over with --new"
                            .formatted(staged, target));
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

    /// What an earlier winner has left, or an earlier try.
    private static void removeAllBut(Set<String> gathered, Path output) throws IOException {
        try (Stream<Path> list = Files.list(output)) {
            for (Path file : list.toList()) {
                if (!gathered.contains(file.getFileName().toString())) {
                    Files.deleteIfExists(file);
                }
            }
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
