package io.nightshift.storage.destination.folder;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.FileNames;
import io.nightshift.storage.destination.Manifest;
import io.nightshift.storage.destination.PlaceMark;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes a folder of files with one atomic rename; the folders are those of [BatchFolders].
///
/// Every step can be repeated after a crash. Losing attempts stay behind in `attempts`, which is deleted
/// last. It is renamed first, so that a worker that is still writing can't keep it alive, and a worker that
/// wakes up later finds no folder to write to.
class FolderPublisher {

    private static final Logger LOG = LoggerFactory.getLogger(FolderPublisher.class);

    /// Tries to claim a folder that another process removes meanwhile.
    private static final int CLAIMS = 10;

    private static final String MARK =
            "Nightshift publishes batches in this folder. If this file is gone, Nightshift assumes that the file system is not mounted.\n";

    private final Path folder;
    private final FileNames names;
    private final OutputRows rows;

    FolderPublisher(Path folder, FileNames names, OutputRows rows) {
        this.folder = folder;
        this.names = names;
        this.rows = rows;
    }

    private BatchFolders folders(BatchId batch) {
        return new BatchFolders(folder, batch);
    }

    /// The folders are forced although they exist already: a predecessor may have made them and died.
    void prepare(BatchId batch) {
        BatchFolders folders = folders(batch);
        try {
            Folders.make(folders.attempts());
            for (Path parent : List.of(folders.staged(), folders.stagingRoot(), folder)) {
                Folders.force(parent);
            }
            Files.delete(Files.createTempFile(folders.attempts(), "writable", ".staged"));
        } catch (IOException e) {
            String message = "the destination %s can't be written: %s".formatted(folder, Folders.reason(e));
            throw new FailureException(unprepared(message, e), e);
        }
    }

    /// Another node may have the permission that this one lacks.
    private Failure unprepared(String message, IOException e) {
        return switch (e) {
            case FileAlreadyExistsException exists -> Failure.permanent(message);
            case AccessDeniedException denied -> Failure.of(FailedResource.Type.MOUNT, folder.toString(), message);
            default -> away(message);
        };
    }

    private Failure away(String message) {
        return Failure.of(FailedResource.Type.STORAGE, folder.toString(), message);
    }

    Publication publish(CommittedBatch batch, Runnable before) {
        BatchFolders folders = folders(batch.id());
        Path published = folders.published();
        try {
            Path output = Folders.isThere(published) ? null : assembled(batch, folders);
            before.run();
            if (output != null) {
                mark(folders, output.resolve("mark"));
                Files.move(output, published, StandardCopyOption.ATOMIC_MOVE);
            }
            Publication publication = publication(published);
            discardSupplement(batch.id(), batch.incarnation());
            return publication;
        } catch (IOException e) {
            throw new FailureException(away("%s can't be published: %s".formatted(batch.id(), Folders.reason(e))), e);
        }
    }

    /// Replaces the mark of a later batch: this batch is here, too. The mark appears at once, because an empty one
    /// proves more.
    ///
    /// @param written where it is written before
    private void mark(BatchFolders folders, Path written) throws IOException {
        if (!isMarked(folders)) {
            Files.write(written, PlaceMark.of(folders.batch(), MARK));
            try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(written, folders.marker(), StandardCopyOption.ATOMIC_MOVE);
            Folders.force(folder);
        }
    }

    private static boolean isMarked(BatchFolders folders) throws IOException {
        return Folders.isThere(folders.marker())
                && PlaceMark.proves(Files.readAllBytes(folders.marker()), folders.batch());
    }

    /// Checks that this node sees the destination at which a batch was prepared. On a node without the file system,
    /// the mount point is empty or missing.
    void requirePlace(BatchId batch) throws IOException {
        BatchFolders folders = folders(batch);
        for (Path trace : List.of(folders.published(), folders.removed())) {
            if (Folders.isThere(trace)) {
                return;
            }
        }
        if (Gathering.holdsOutput(folders.staged()) || isMarked(folders)) {
            return;
        }
        throw new FailureException(Failure.of(
                FailedResource.Type.MOUNT,
                folder.toString(),
                "there is nothing of %s in %s on this node. If this node lacks the file system, mount it. If the folder was deleted or replaced permanently, create the file %s, or empty it; Nightshift then treats the batch as deleted"
                        .formatted(batch, folder, folders.marker())));
    }

    /// An earlier coordinator may still be publishing, and may rename its folder at any moment until this one
    /// has claimed the batch. So what readers see is only certain after the claim.
    ///
    /// @return the folder to be renamed; null if readers see the batch
    private @Nullable Path assembled(CommittedBatch batch, BatchFolders folders) throws IOException {
        Path published = folders.published();
        Path output;
        try {
            output = claim(folders.staged(), batch.incarnation());
        } catch (FailureException e) {
            if (Folders.isThere(published)) {
                return null;
            }
            throw e;
        }
        if (Folders.isThere(published)) {
            return null;
        }
        assemble(batch, folders, output);
        return output;
    }

    /// Makes sure that no earlier coordinator publishes the batch from now on.
    ///
    /// @return where this one gathers the batch's files
    Path claim(Path staged, int incarnation) throws IOException {
        return Gathering.claim(staged, incarnation);
    }

    /// Claims the batch first, so that an earlier coordinator that wakes up removes nothing.
    void prepareSupplement(CommittedBatch batch) {
        try {
            requirePublished(batch);
            makeAndClaim(folders(batch.id()).staged(), batch.incarnation());
            prepare(batch.id());
        } catch (IOException e) {
            throw new FailureException(
                    away("no rows can be added to %s: %s".formatted(batch.id(), Folders.reason(e))), e);
        }
    }

    /// An earlier coordinator may remove the folder until it is claimed, since it is empty.
    private Path makeAndClaim(Path staged, int incarnation) throws IOException {
        for (int left = CLAIMS; ; left--) {
            Folders.make(staged);
            try {
                return claim(staged, incarnation);
            } catch (FailureException e) {
                if (left == 0 || Folders.isThere(staged)) {
                    throw e;
                }
            }
        }
    }

    Publication publishSupplement(CommittedBatch batch) {
        BatchFolders folders = folders(batch.id());
        Path published = folders.published();
        try {
            requirePublished(batch);
            if (!Folders.isThere(published.resolve(BatchFolders.MANIFEST))) {
                throw FailureException.permanent(
                        "the manifest of %s is gone from %s, so no rows can be added to the batch"
                                .formatted(batch.id(), published));
            }
            if (!hasSupplement(batch, published)) {
                if (!Folders.isThere(folders.staged())) {
                    throw FailureException.permanent(
                            "the staged output %s is gone, so no rows can be added to the batch"
                                    .formatted(folders.staged()));
                }
                addSupplement(batch, folders, claim(folders.staged(), batch.incarnation()));
            }
            removeSuperseded(batch, published);
            Publication publication = publication(published);
            discardSupplement(batch.id(), batch.incarnation());
            return publication;
        } catch (IOException e) {
            throw new FailureException(
                    away("the supplement of %s can't be published: %s".formatted(batch.id(), Folders.reason(e))), e);
        }
    }

    private void requirePublished(CommittedBatch batch) throws IOException {
        requirePlace(batch.id());
        Path published = folders(batch.id()).published();
        if (!Folders.isThere(published)) {
            throw FailureException.permanent("%s is gone, so no rows can be added to the batch".formatted(published));
        }
    }

    void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        Path from = folders(published).published();
        Path attempts = folders(batch).attempts();
        try {
            requirePlace(published);
            for (PartitionCommit commit : parts) {
                for (FileNames.Committed file : names.of(batch, commit).toList()) {
                    reuse(from.resolve(file.name()), attempts.resolve(file.stagedName()), file.file());
                }
            }
            Folders.force(attempts);
        } catch (IOException e) {
            throw new FailureException(
                    away("parts of %s can't be reused in %s: %s".formatted(published, folder, Folders.reason(e))), e);
        }
    }

    /// Links the file, which costs no space, or copies it where there are no links. Either appears at once
    /// under its name. What is linked is compared with the commit: a damaged file must not be inherited.
    private static void reuse(Path published, Path staged, OutputFile file) throws IOException {
        if (Folders.isThere(staged)) {
            return;
        }
        requireCommitted(published, file);
        try {
            Files.createLink(staged, published);
        } catch (FileAlreadyExistsException _) {
            // An earlier coordinator, which is not in office any more, does the same.
        } catch (UnsupportedOperationException | FileSystemException _) {
            // The name holds the epoch, so another coordinator copies to another file.
            Path copy = staged.resolveSibling(staged.getFileName() + ".copy");
            Files.copy(published, copy, StandardCopyOption.REPLACE_EXISTING);
            requireCommitted(copy, file);
            try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(copy, staged, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void requireCommitted(Path path, OutputFile file) throws IOException {
        // A link in place of the file is not what was published.
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw FailureException.permanent("the published file %s is gone, so it can't be reused".formatted(path));
        }
        String found = Digests.sha256(path);
        if (!found.equals(file.sha256())) {
            throw FailureException.permanent(
                    "the published file %s was changed, so it can't be reused: its SHA-256 is %s, the ledger says %s"
                            .formatted(path, found, file.sha256()));
        }
    }

    private static boolean hasSupplement(CommittedBatch batch, Path published) throws IOException {
        return Manifest.supplements(Files.readString(published.resolve(BatchFolders.MANIFEST)))
                >= batch.supplements().size();
    }

    /// Each file is one rename. The manifest comes last, and from the folder that this coordinator has claimed:
    /// an earlier coordinator that wakes up finds nothing to rename.
    private void addSupplement(CommittedBatch batch, BatchFolders folders, Path output) throws IOException {
        Path published = folders.published();
        List<FileNames.Committed> files =
                names.of(batch.id(), batch.supplements().getLast().commit()).toList();
        for (FileNames.Committed file : files.reversed()) {
            Path target = published.resolve(file.name());
            Path parent = Objects.requireNonNull(target.getParent());
            Files.createDirectories(parent);
            gather(folders, file, target, true);
            Folders.force(parent);
        }
        Folders.force(published);
        Path manifest = output.resolve(BatchFolders.MANIFEST);
        write(batch, manifest);
        Files.move(manifest, published.resolve(BatchFolders.MANIFEST), StandardCopyOption.ATOMIC_MOVE);
        Folders.force(published);
    }

    /// Claims the batch, so that no earlier coordinator replaces the manifest any more. Everything is moved to the
    /// folder that this coordinator has claimed: so if it wakes up late, it moves nothing of a later one's.
    Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        BatchFolders folders = folders(batch.id());
        Path published = folders.published();
        try {
            requirePlace(batch.id());
            // It may be gone, although an earlier publisher has moved files from there.
            Path output = makeAndClaim(folders.staged(), batch.incarnation());
            if (Folders.isThere(published.resolve(BatchFolders.MANIFEST)) && hasSupplement(batch, published)) {
                removeSuperseded(batch, published);
                Publication publication = publication(published);
                discardSupplement(batch.id(), batch.incarnation());
                return Optional.of(publication);
            }
            // The attempts first: then no earlier publisher moves a file from there.
            Gathering.take(folders.attempts(), output.resolve("withdrawn-attempts"));
            if (Folders.isThere(published)) {
                int number = 0;
                for (FileNames.Committed file : names.of(
                                batch.id(), batch.supplements().getLast().commit())
                        .toList()) {
                    Gathering.take(published.resolve(file.name()), output.resolve("withdrawn-" + number++));
                }
                Folders.force(published);
            }
            discardSupplement(batch.id(), batch.incarnation());
            return Optional.empty();
        } catch (IOException e) {
            throw new FailureException(
                    away("the supplement of %s can't be withdrawn: %s".formatted(batch.id(), Folders.reason(e))), e);
        }
    }

    /// Deletes the quarantine files of earlier commits. Those of the last supplement have other names.
    private void removeSuperseded(CommittedBatch batch, Path published) throws IOException {
        int last = batch.supplements().getLast().commit().partition();
        for (PartitionCommit commit : batch.commits()) {
            if (commit.partition() != last) {
                Files.deleteIfExists(published.resolve(names.quarantine(commit.partition())));
            }
        }
    }

    /// Forces the rename first, although an earlier coordinator may have renamed: it may have died before it
    /// forced.
    private Publication publication(Path published) throws IOException {
        Folders.force(folder);
        return new Publication(published.toString(), Digests.sha256(published.resolve(BatchFolders.MANIFEST)));
    }

    Optional<BatchId> newest(String job) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        // By names alone: a folder may have ten thousand batches, and every submission asks.
        String prefix = BatchFolders.PREFIX + job + "-";
        String[] names = folder.toFile().list((parent, name) -> name.startsWith(prefix));
        if (names == null) {
            throw FailureException.permanent("the destination %s can't be read".formatted(folder));
        }
        return Arrays.stream(names)
                .map(name -> name.substring(BatchFolders.PREFIX.length()))
                .filter(BatchId::isValid)
                .map(BatchId::new)
                .filter(batch -> batch.isOfJob(job))
                .max(Comparator.naturalOrder());
    }

    Optional<String> manifest(BatchId batch) {
        try {
            return Optional.of(Files.readString(folders(batch).published().resolve(BatchFolders.MANIFEST)));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the manifest of %s in %s can't be read: %s".formatted(batch, folder, Folders.reason(e)));
        }
    }

    Optional<Publication> fence(BatchId batch, int incarnation) {
        BatchFolders folders = folders(batch);
        Path published = folders.published();
        try {
            requirePlace(batch);
            if (!Folders.isThere(published) && Folders.isThere(folders.staged())) {
                claim(folders.staged(), incarnation);
            }
            return Folders.isThere(published) ? Optional.of(publication(published)) : Optional.empty();
        } catch (IOException e) {
            throw new FailureException(
                    away("whether readers see %s already can't be found out: %s".formatted(batch, Folders.reason(e))),
                    e);
        }
    }

    private void assemble(CommittedBatch batch, BatchFolders folders, Path output) throws IOException {
        Set<Path> gathered = new HashSet<>();
        Set<Path> parents = new HashSet<>();
        for (PartitionCommit commit : batch.commits()) {
            boolean rescored = batch.rescored().contains(commit.partition());
            for (FileNames.Committed file : names.of(batch.id(), commit).toList()) {
                Path target = output.resolve(file.name());
                Path parent = Objects.requireNonNull(target.getParent());
                if (!parent.equals(output) && parents.add(parent)) {
                    Files.createDirectories(parent);
                }
                gather(folders, file, target, rescored);
                gathered.add(target);
            }
        }
        removeAllBut(gathered, parents, output);
        for (Path parent : parents) {
            Folders.force(parent);
        }
        rows.refuseRepeatedIds(batch.job().source(), files(batch, output));
        write(batch, output.resolve(BatchFolders.MANIFEST));
        Folders.create(output.resolve(BatchFolders.SUCCESS)).close();
        Folders.force(output);
    }

    private void write(CommittedBatch batch, Path manifest) throws IOException {
        try (FileChannel channel = Folders.create(manifest);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel))) {
            Manifest.write(out, batch, names);
            out.flush();
            channel.force(true);
        }
    }

    private Iterable<DiskFile> files(CommittedBatch batch, Path output) {
        return () -> batch.commits().stream()
                .flatMap(commit -> names.of(batch.id(), commit))
                .map(file -> new DiskFile(output.resolve(file.name()), FileRoots.UNRESTRICTED))
                .iterator();
    }

    /// Moves a committed file to where it is gathered. The name of a staged file holds the epoch, so it is
    /// the winner's; a gathered file may be that of an earlier winner.
    private static void gather(BatchFolders folders, FileNames.Committed committed, Path target, boolean rescored)
            throws IOException {
        Path staged = folders.attempts().resolve(committed.stagedName());
        OutputFile file = committed.file();
        if (Folders.isThere(staged)) {
            Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
        } else if (!Folders.isThere(target)) {
            List<Path> earlier = Gathering.find(folders.staged(), committed.name());
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

    /// Removes what an earlier winner has left, or an earlier call: files, also in folders of partition
    /// values.
    private static void removeAllBut(Set<Path> gathered, Set<Path> parents, Path output) throws IOException {
        try (Stream<Path> list = Files.list(output)) {
            for (Path path : list.toList()) {
                boolean isOfPartitions = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        && path.getFileName().toString().contains("=");
                if (isOfPartitions) {
                    removeAllBut(gathered, Set.of(), path);
                }
                if (!gathered.contains(path) && !parents.contains(path)) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    void keepQuarantine(CommittedBatch batch) {
        BatchFolders folders = folders(batch.id());
        try {
            if (batch.quarantined() == 0) {
                return;
            }
            Path kept = folders.keptQuarantine();
            if (!Folders.isThere(kept)) {
                requirePlace(batch.id());
            }
            if (!Folders.isThere(folders.staged())) {
                return;
            }
            Folders.make(kept);
            for (PartitionCommit commit : batch.commits()) {
                if (commit.quarantined() > 0) {
                    String name = names.quarantine(commit.partition());
                    Path staged = folders.unpublished(name, names.stagedQuarantine(commit.attempt(batch.id())));
                    if (Folders.isThere(staged)) {
                        Files.move(staged, kept.resolve(name), StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            }
            Folders.force(kept);
        } catch (IOException e) {
            throw new FailureException(
                    away("the quarantined rows of %s can't be kept: %s".formatted(batch.id(), Folders.reason(e))), e);
        }
    }

    /// Removes what is staged of a published batch. Keeps what a later coordinator has staged: its supplement is
    /// under way.
    void discardSupplement(BatchId batch, int incarnation) {
        BatchFolders folders = folders(batch);
        try {
            requirePlace(batch);
            Folders.deleteTree(folders.discarded());
            Gathering.clear(folders.staged(), incarnation);
            deleteStagingRoot(folders);
        } catch (IOException e) {
            throw new FailureException(
                    away("%s: staged output can't be removed: %s".formatted(batch, Folders.reason(e))), e);
        }
    }

    void discard(BatchId batch) {
        BatchFolders folders = folders(batch);
        try {
            if (Folders.isThere(folders.published())) {
                return;
            }
            Folders.deleteTree(folders.discarded());
            if (Folders.isThere(folders.staged())) {
                Files.move(folders.staged(), folders.discarded(), StandardCopyOption.ATOMIC_MOVE);
                Folders.deleteTree(folders.discarded());
            }
            deleteStagingRoot(folders);
        } catch (IOException e) {
            LOG.warn("{}: staged output could not be removed: {}", batch, Folders.reason(e));
        }
    }

    private static void deleteStagingRoot(BatchFolders folders) {
        try {
            Files.deleteIfExists(folders.stagingRoot());
        } catch (IOException e) {
            LOG.debug(
                    "{} is kept; most often it holds another batch's output: {}",
                    folders.stagingRoot(),
                    Folders.reason(e));
        }
    }

    /// A reader that holds a file open reads it to its end, also after the rename.
    void unpublish(BatchId batch) {
        BatchFolders folders = folders(batch);
        try {
            requirePlace(batch);
            if (Folders.isThere(folders.published())) {
                // Somebody may have put the folder back.
                Folders.deleteTree(folders.removed());
                Folders.make(folders.removedRoot());
                mark(folders, folders.removedRoot().resolve("mark=" + batch));
                Files.move(folders.published(), folders.removed(), StandardCopyOption.ATOMIC_MOVE);
            }
            // A predecessor may have renamed and died.
            if (Folders.isThere(folders.removed())) {
                Folders.force(folders.removedRoot());
                Folders.force(folder);
            }
        } catch (IOException e) {
            throw new FailureException(away("%s can't be removed: %s".formatted(batch, Folders.reason(e))), e);
        }
    }

    void delete(BatchId batch) {
        unpublish(batch);
        BatchFolders folders = folders(batch);
        try {
            Folders.deleteTree(folders.removed());
            Folders.deleteTree(folders.discarded());
            Folders.deleteTree(folders.staged());
            deleteStagingRoot(folders);
        } catch (IOException e) {
            throw new FailureException(
                    away("the files of %s can't be deleted: %s".formatted(batch, Folders.reason(e))), e);
        }
        try {
            Files.deleteIfExists(folders.removedRoot());
        } catch (IOException e) {
            LOG.debug("{} is kept; it holds another batch: {}", folders.removedRoot(), Folders.reason(e));
        }
    }
}
