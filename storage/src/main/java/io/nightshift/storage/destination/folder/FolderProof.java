package io.nightshift.storage.destination.folder;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.destination.Check;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.FileNames;
import io.nightshift.storage.destination.OutputProof;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The committed files of a batch, wherever they are now, compared with what the ledger keeps of each:
/// length, digest and rows. It looks at one file after another, so its memory does not grow with the number
/// of files.
final class FolderProof implements OutputProof {

    private static final Pattern NAME = Pattern.compile("(part|_quarantine)-(\\d{6,9})[.].*");

    private final CommittedBatch batch;
    private final Phase phase;
    private final @Nullable Publication publication;
    private final FileNames names;
    private final OutputRows rows;
    private final FileRoots roots;
    private final BatchFolders folders;
    private final Path published;

    FolderProof(
            CommittedBatch batch,
            Phase phase,
            @Nullable Publication publication,
            Path folder,
            FileNames names,
            OutputRows rows,
            FileRoots roots) {
        this.batch = batch;
        this.phase = phase;
        this.publication = publication;
        this.names = names;
        this.rows = rows;
        this.roots = roots;
        this.folders = new BatchFolders(folder, batch.id());
        this.published = folders.published();
    }

    @Override
    public String place() {
        return "folder";
    }

    @Override
    public FileNames files() {
        return names;
    }

    @Override
    public InputStream manifest() throws IOException {
        Path manifest = published.resolve(BatchFolders.MANIFEST);
        roots.requireWritable(manifest);
        return Files.newInputStream(manifest);
    }

    private Path locate(FileNames.Committed file) {
        if (phase == Phase.PUBLISHED || Files.exists(published)) {
            return published.resolve(file.name());
        }
        try {
            return folders.unpublished(file.name(), file.stagedName());
        } catch (IOException e) {
            // That it can't be found is a finding.
            return folders.attempts().resolve(file.stagedName());
        }
    }

    private Stream<FileNames.Committed> committed(PartitionCommit commit) {
        return names.of(batch.id(), commit);
    }

    private List<Path> paths(List<PartitionCommit> commits) {
        return commits.stream().flatMap(this::committed).map(this::locate).toList();
    }

    @Override
    public boolean checkRows(Check checksums, Check rowCounts) {
        boolean readable = true;
        long files = 0;
        long bytes = 0;
        for (PartitionCommit commit : batch.commits()) {
            for (FileNames.Committed file : committed(commit).toList()) {
                readable &= check(locate(file), file.file(), checksums, rowCounts);
                files++;
            }
            bytes += commit.bytes();
        }
        checksums.proved("%,d files, %,d bytes: each has the length and SHA-256 that was committed", files, bytes);
        if (!readable) {
            rowCounts.open("not counted, since files are missing or can't be read");
            return false;
        }
        rowCounts.proved(
                "read to the last page, the files hold %,d predictions and %,d quarantined rows, file by file as committed",
                batch.predictions(), batch.quarantined());
        return true;
    }

    private boolean check(Path path, OutputFile committed, Check checksums, Check rowCounts) {
        Optional<String> refusal = roots.writeRefusal(path);
        if (refusal.isPresent()) {
            checksums.problem("%s", refusal.get());
            return false;
        }
        try {
            if (!Files.isRegularFile(path)) {
                checksums.problem("%s is missing", path);
                return false;
            }
            long bytes = Files.size(path);
            if (bytes != committed.bytes()) {
                checksums.problem("%s has %,d bytes, the ledger says %,d", path, bytes, committed.bytes());
            } else {
                String sha256 = Digests.sha256(path);
                if (!sha256.equals(committed.sha256())) {
                    checksums.problem(
                            "%s was changed: its SHA-256 is %s, the ledger says %s", path, sha256, committed.sha256());
                }
            }
        } catch (IOException e) {
            checksums.problem("%s can't be read: %s", path, e.getMessage());
            return false;
        }
        try {
            long found = rows.count(List.of(path));
            if (found != committed.rows()) {
                rowCounts.problem("%s holds %,d rows, the ledger says %,d", path, found, committed.rows());
            }
            return true;
        } catch (FailureException e) {
            rowCounts.problem("%s can't be read: %s", path, e.getMessage());
            return false;
        }
    }

    @Override
    public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        return rows.outputIds(paths(commits)).equals(rows.sourceIds(batch.job().source(), slices));
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        for (PartitionCommit commit : commits) {
            List<Path> parts = committed(commit)
                    .filter(file -> file.name().endsWith(names.part(file.partition())))
                    .map(this::locate)
                    .toList();
            if (!rows.predictions(parts, visitor)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        return rows.repeatedIds(paths(commits), limit);
    }

    @Override
    public void checkPlace(Check folder) {
        String recorded = publication == null ? "" : publication.destination();
        if (!recorded.equals(published.toString())) {
            folder.problem("the ledger says it was published in %s, its job says %s", recorded, published);
        }
        if (!Files.isDirectory(published)) {
            folder.problem("%s is missing", published);
            return;
        }
        if (!Files.isRegularFile(published.resolve(BatchFolders.SUCCESS))) {
            folder.problem("%s is missing", published.resolve(BatchFolders.SUCCESS));
        }
        try (Stream<Path> files = Files.walk(published)) {
            files.skip(1)
                    .filter(file -> !belongs(file))
                    .forEach(file -> folder.problem("%s doesn't belong to the batch", file));
        } catch (IOException | UncheckedIOException e) {
            folder.problem("%s can't be listed: %s", published, e.getMessage());
        }
        folder.proved("%s holds _SUCCESS, the manifest and the committed files, and nothing else", published);
    }

    /// A folder of a partition value belongs to the batch as the parent of a file.
    private boolean belongs(Path path) {
        String name = published.relativize(path).toString();
        if (name.equals(BatchFolders.SUCCESS) || name.equals(BatchFolders.MANIFEST)) {
            return true;
        }
        if (names.folder() != null && name.startsWith(names.folder() + "=") && Files.isDirectory(path)) {
            return batch.commits().stream()
                    .anyMatch(commit -> names.part(commit).startsWith(name + "/"));
        }
        Matcher matcher = NAME.matcher(path.getFileName().toString());
        if (!matcher.matches()) {
            return false;
        }
        PartitionCommit commit = batch.commit(Integer.parseInt(matcher.group(2)));
        return commit != null && committed(commit).anyMatch(file -> file.name().equals(name));
    }

    @Override
    public void checkStaging(Check staging) {
        Path staged = folders.staged();
        if (Files.exists(staged)) {
            staging.problem("%s was left behind", staged);
        }
        if (phase != Phase.PUBLISHED && Files.exists(published)) {
            staging.problem("%s is there, though the batch was cancelled", published);
        }
        staging.proved("nothing is left behind in %s", staged);
    }

    @Override
    public void close() {}
}
