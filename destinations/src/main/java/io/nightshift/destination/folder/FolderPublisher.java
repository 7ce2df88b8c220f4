package io.nightshift.destination.folder;

import io.nightshift.destination.BatchPublisher;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.PlaceMark;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
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
class FolderPublisher implements BatchPublisher {

    private static final Logger LOG = LoggerFactory.getLogger(FolderPublisher.class);

    /// Tries to claim a folder that another process removes meanwhile.
    private static final int CLAIMS = 10;

    private static final String MARK =
            "Nightshift publishes batches in this folder. If this file is gone, Nightshift assumes that the file system is not mounted.\n";

    private final Path folder;
    private final FileNames names;
    private final OutputRows rows;

    private final BatchId id;
    private final String doing;
    private final BatchFolders folders;
    private final Path published;
    private @Nullable Path output;

    /// @param doing the reason, for messages
    FolderPublisher(Path folder, FileNames names, OutputRows rows, BatchId id, String doing) {
        this.folder = folder;
        this.names = names;
        this.rows = rows;
        this.id = id;
        this.doing = doing;
        this.folders = new BatchFolders(folder, id);
        this.published = folders.published();
    }

    @FunctionalInterface
    private interface Change {
        void run() throws IOException;
    }

    @FunctionalInterface
    private interface Look<T> {
        T at() throws IOException;
    }

    private <T> T look(Look<T> look) {
        try {
            return look.at();
        } catch (IOException e) {
            throw new FailureException(away("%s, %s %s: %s".formatted(id, doing, folder, Folders.reason(e))), e);
        }
    }

    private void change(Change change) {
        look(() -> {
            change.run();
            return id;
        });
    }

    /// The folders are forced although they exist already: a predecessor may have made them and died.
    void prepare() {
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

    // The steps of the publication.

    @Override
    public boolean isDecided() {
        return look(() -> Folders.isThere(published));
    }

    /// An earlier coordinator may have published the batch, and removed what was staged.
    @Override
    public boolean claim(int incarnation) {
        change(() -> {
            try {
                output = claim(folders.staged(), incarnation);
            } catch (FailureException e) {
                if (!Folders.isThere(published)) {
                    throw e;
                }
            }
        });
        return true;
    }

    @Override
    public void fence(int incarnation) {
        change(() -> {
            requirePlace();
            if (Folders.isThere(folders.staged())) {
                claim(folders.staged(), incarnation);
            }
        });
    }

    /// Gathers the committed files in the folder that is renamed.
    @Override
    public void requireParts(CommittedBatch batch) {
        change(() -> {
            Path gathering = output();
            Set<Path> gathered = new HashSet<>();
            Set<Path> parents = new HashSet<>();
            for (PartitionCommit commit : batch.commits()) {
                boolean rescored = batch.rescored().contains(commit.partition());
                for (FileNames.Committed file : names.of(id, commit).toList()) {
                    Path target = gathering.resolve(file.name());
                    Path parent = Objects.requireNonNull(target.getParent());
                    if (!parent.equals(gathering) && parents.add(parent)) {
                        Files.createDirectories(parent);
                    }
                    gather(file, target, rescored, gathering);
                    gathered.add(target);
                }
            }
            removeAllBut(gathered, parents, gathering);
            for (Path parent : parents) {
                Folders.force(parent);
            }
        });
    }

    private Path output() {
        return Objects.requireNonNull(output);
    }

    @Override
    public void refuseRepeatedIds(CommittedBatch batch) {
        rows.refuseRepeatedIds(
                batch.job().source(),
                () -> batch.commits().stream()
                        .flatMap(commit -> names.of(id, commit))
                        .<WrittenFile>map(file -> new DiskFile(output().resolve(file.name()), FileRoots.UNRESTRICTED))
                        .iterator());
    }

    @Override
    public void stageManifest(CommittedBatch batch) {
        change(() -> {
            write(batch, output().resolve(BatchFolders.MANIFEST));
            Folders.create(output().resolve(BatchFolders.SUCCESS)).close();
            Folders.force(output());
        });
    }

    @Override
    public void decide(CommittedBatch batch) {
        change(() -> {
            mark(output().resolve("mark"));
            Files.move(output(), published, StandardCopyOption.ATOMIC_MOVE);
        });
    }

    @Override
    public Publication carryOut(int incarnation) {
        return look(this::publication);
    }

    @Override
    public void removeStaged(int incarnation) {
        discardSupplement(incarnation);
    }

    /// Replaces the mark of a later batch: this batch is here, too. The mark appears at once, because an empty one
    /// proves more.
    ///
    /// @param written where it is written before
    private void mark(Path written) throws IOException {
        if (!isMarked()) {
            Files.write(written, PlaceMark.of(folders.batch(), MARK));
            try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(written, folders.marker(), StandardCopyOption.ATOMIC_MOVE);
            Folders.force(folder);
        }
    }

    private boolean isMarked() throws IOException {
        return Folders.isThere(folders.marker())
                && PlaceMark.proves(Files.readAllBytes(folders.marker()), folders.batch());
    }

    /// Checks that this node sees the destination at which a batch was prepared. On a node without the file system,
    /// the mount point is empty or missing.
    void requirePlace() throws IOException {
        for (Path trace : List.of(published, folders.removed())) {
            if (Folders.isThere(trace)) {
                return;
            }
        }
        if (Gathering.holdsOutput(folders.staged()) || isMarked()) {
            return;
        }
        throw new FailureException(Failure.of(
                FailedResource.Type.MOUNT,
                folder.toString(),
                "there is nothing of %s in %s on this node. If this node lacks the file system, mount it. If the folder was deleted or replaced permanently, create the file %s, or empty it; Nightshift then treats the batch as deleted"
                        .formatted(id, folder, folders.marker())));
    }

    /// Makes sure that no earlier coordinator publishes the batch from now on.
    ///
    /// @return where this one gathers the batch's files
    Path claim(Path staged, int incarnation) throws IOException {
        return Gathering.claim(staged, incarnation);
    }

    /// Claims the batch first, so that an earlier coordinator that wakes up removes nothing.
    @Override
    public void prepareSupplement(CommittedBatch batch) {
        change(() -> {
            requirePublished();
            makeAndClaim(batch.incarnation());
            prepare();
        });
    }

    /// An earlier coordinator may remove the folder until it is claimed, since it is empty.
    private Path makeAndClaim(int incarnation) throws IOException {
        Path staged = folders.staged();
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

    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        return look(() -> {
            requirePublished();
            if (!Folders.isThere(published.resolve(BatchFolders.MANIFEST))) {
                throw FailureException.permanent(
                        "the manifest of %s is gone from %s, so no rows can be added to the batch"
                                .formatted(id, published));
            }
            if (!hasSupplement(batch)) {
                if (!Folders.isThere(folders.staged())) {
                    throw FailureException.permanent(
                            "the staged output %s is gone, so no rows can be added to the batch"
                                    .formatted(folders.staged()));
                }
                addSupplement(batch, claim(folders.staged(), batch.incarnation()));
            }
            return finishSupplement(batch);
        });
    }

    private Publication finishSupplement(CommittedBatch batch) throws IOException {
        removeSuperseded(batch);
        Publication publication = publication();
        discardSupplement(batch.incarnation());
        return publication;
    }

    private void requirePublished() throws IOException {
        requirePlace();
        if (!Folders.isThere(published)) {
            throw FailureException.permanent("%s is gone, so no rows can be added to the batch".formatted(published));
        }
    }

    @Override
    public void reuse(BatchId from, List<PartitionCommit> parts) {
        FolderPublisher source = new FolderPublisher(folder, names, rows, from, doing);
        change(() -> {
            source.requirePlace();
            for (PartitionCommit commit : parts) {
                for (FileNames.Committed file : names.of(id, commit).toList()) {
                    reuse(
                            source.published.resolve(file.name()),
                            folders.attempts().resolve(file.stagedName()),
                            file.file());
                }
            }
            Folders.force(folders.attempts());
        });
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

    private boolean hasSupplement(CommittedBatch batch) throws IOException {
        return Manifest.supplements(Files.readString(published.resolve(BatchFolders.MANIFEST)))
                >= batch.supplements().size();
    }

    /// Each file is one rename. The manifest comes last, and from the folder that this coordinator has claimed:
    /// an earlier coordinator that wakes up finds nothing to rename.
    private void addSupplement(CommittedBatch batch, Path output) throws IOException {
        List<FileNames.Committed> files =
                names.of(id, batch.supplements().getLast().commit()).toList();
        for (FileNames.Committed file : files.reversed()) {
            Path target = published.resolve(file.name());
            Path parent = Objects.requireNonNull(target.getParent());
            Files.createDirectories(parent);
            gather(file, target, true, output);
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
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        return look(() -> {
            requirePlace();
            // It may be gone, although an earlier publisher has moved files from there.
            Path taken = makeAndClaim(batch.incarnation());
            if (Folders.isThere(published.resolve(BatchFolders.MANIFEST)) && hasSupplement(batch)) {
                return Optional.of(finishSupplement(batch));
            }
            // The attempts first: then no earlier publisher moves a file from there.
            Gathering.take(folders.attempts(), taken.resolve("withdrawn-attempts"));
            if (Folders.isThere(published)) {
                int number = 0;
                for (FileNames.Committed file :
                        names.of(id, batch.supplements().getLast().commit()).toList()) {
                    Gathering.take(published.resolve(file.name()), taken.resolve("withdrawn-" + number++));
                }
                Folders.force(published);
            }
            discardSupplement(batch.incarnation());
            return Optional.empty();
        });
    }

    /// Deletes the quarantine files of earlier commits. Those of the last supplement have other names.
    private void removeSuperseded(CommittedBatch batch) throws IOException {
        int last = batch.supplements().getLast().commit().partition();
        for (PartitionCommit commit : batch.commits()) {
            if (commit.partition() != last) {
                Files.deleteIfExists(published.resolve(names.quarantine(commit.partition())));
            }
        }
    }

    /// Forces the rename first, although an earlier coordinator may have renamed: it may have died before it
    /// forced.
    private Publication publication() throws IOException {
        Folders.force(folder);
        return new Publication(published.toString(), Digests.sha256(published.resolve(BatchFolders.MANIFEST)));
    }

    static Optional<BatchId> newest(Path folder, String job) {
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

    @Override
    public Optional<String> manifest() {
        try {
            return Optional.of(Files.readString(published.resolve(BatchFolders.MANIFEST)));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the manifest of %s in %s can't be read: %s".formatted(id, folder, Folders.reason(e)));
        }
    }

    private void write(CommittedBatch batch, Path manifest) throws IOException {
        try (FileChannel channel = Folders.create(manifest);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel))) {
            Manifest.write(out, batch, names);
            out.flush();
            channel.force(true);
        }
    }

    /// Moves a committed file to where it is gathered. The name of a staged file holds the epoch, so it is
    /// the winner's; a gathered file may be that of an earlier winner.
    ///
    /// @param claimed the folder that this coordinator has claimed
    private void gather(FileNames.Committed committed, Path target, boolean rescored, Path claimed) throws IOException {
        Path staged = folders.attempts().resolve(committed.stagedName());
        OutputFile file = committed.file();
        if (Folders.isThere(staged)) {
            Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
        } else if (!Folders.isThere(target)) {
            List<Path> earlier = Gathering.find(folders.staged(), committed.name());
            if (earlier.isEmpty()) {
                if (!Folders.isThere(claimed)) {
                    // A later coordinator has renamed it, and has the file.
                    throw new NoSuchFileException(claimed.toString());
                }
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

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        change(() -> {
            Path kept = folders.keptQuarantine();
            if (!Folders.isThere(kept)) {
                requirePlace();
            }
            if (!Folders.isThere(folders.staged())) {
                return;
            }
            Folders.make(kept);
            for (PartitionCommit commit : batch.commits()) {
                if (commit.quarantined() > 0) {
                    String name = names.quarantine(commit.partition());
                    Path staged = folders.unpublished(name, names.stagedQuarantine(commit.attempt(id)));
                    if (Folders.isThere(staged)) {
                        Files.move(staged, kept.resolve(name), StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            }
            Folders.force(kept);
        });
    }

    /// Removes what is staged of a published batch. Keeps what a later coordinator has staged: its supplement is
    /// under way.
    @Override
    public void discardSupplement(int incarnation) {
        Path staged = folders.staged();
        remove(() -> {
            Folders.deleteTree(folders.discarded());
            Gathering.clear(staged, incarnation);
        });
        change(() -> {
            if (Gathering.isLeft(staged, incarnation)) {
                throw new FailureException(
                        away("%s is still there, since %s was not for a moment".formatted(staged, folder)));
            }
        });
    }

    /// The place must be there after the removal, too: files that were not found may be away with it. Its mark
    /// outlasts a removal.
    private void remove(Change removal) {
        change(() -> {
            requirePlace();
            removal.run();
            deleteStagingRoot();
            requirePlace();
        });
    }

    @Override
    public void discard() {
        change(() -> {
            if (Folders.isThere(published)) {
                return;
            }
            Folders.deleteTree(folders.discarded());
            if (Folders.isThere(folders.staged())) {
                Files.move(folders.staged(), folders.discarded(), StandardCopyOption.ATOMIC_MOVE);
                Folders.deleteTree(folders.discarded());
            }
            deleteStagingRoot();
        });
    }

    private void deleteStagingRoot() {
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
    @Override
    public void unpublish() {
        change(() -> {
            requirePlace();
            if (Folders.isThere(published)) {
                // Somebody may have put the folder back.
                Folders.deleteTree(folders.removed());
                Folders.make(folders.removedRoot());
                mark(folders.removedRoot().resolve("mark=" + id));
                Files.move(published, folders.removed(), StandardCopyOption.ATOMIC_MOVE);
            }
            // A predecessor may have renamed and died.
            if (Folders.isThere(folders.removed())) {
                Folders.force(folders.removedRoot());
                Folders.force(folder);
            }
        });
    }

    @Override
    public void delete() {
        remove(() -> {
            Folders.deleteTree(folders.removed());
            Folders.deleteTree(folders.discarded());
            Folders.deleteTree(folders.staged());
        });
        try {
            Files.deleteIfExists(folders.removedRoot());
        } catch (IOException e) {
            LOG.debug("{} is kept; it holds another batch: {}", folders.removedRoot(), Folders.reason(e));
        }
    }

    @Override
    public void close() {}
}
