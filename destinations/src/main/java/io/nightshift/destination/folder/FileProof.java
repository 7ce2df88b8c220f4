package io.nightshift.destination.folder;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.filesystem.Digests;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The committed files of a batch, wherever they are now, compared with what the ledger keeps of each:
/// length, digest and rows. It looks at one file after another, so its memory does not grow with the number
/// of files.
public final class FileProof implements OutputProof {

    private static final Pattern NAME = Pattern.compile("(part|_quarantine)-(\\d{6,9})(-\\d{4,})?[.].*");

    private final CommittedBatch batch;
    private final Phase phase;
    private final @Nullable Publication publication;
    private final FileNames names;
    private final OutputRows rows;
    private final BatchFiles files;
    private final Set<String> expected = new HashSet<>(List.of(BatchFolders.SUCCESS, BatchFolders.MANIFEST));
    private @Nullable Boolean published;
    private boolean emptyPartsMayBeGone;

    /// @param publication what the ledger says of the publication; null if there is none
    /// @param others the names of published files that have no rows
    public FileProof(
            CommittedBatch batch,
            Phase phase,
            @Nullable Publication publication,
            FileNames names,
            OutputRows rows,
            BatchFiles files,
            List<String> others) {
        this.batch = batch;
        this.phase = phase;
        this.publication = publication;
        this.names = names;
        this.rows = rows;
        this.files = files;
        this.expected.addAll(others);
    }

    /// A table does not have the parts without rows, so what deletes the files that a table does not have, such as
    /// VACUUM, deletes them.
    public FileProof ofTable() {
        emptyPartsMayBeGone = true;
        return this;
    }

    @Override
    public String place() {
        return files.kind();
    }

    @Override
    public FileNames files() {
        return names;
    }

    @Override
    public InputStream manifest() throws IOException {
        return new ByteArrayInputStream(files.file(BatchFolders.MANIFEST).content());
    }

    private boolean isPublished() {
        Boolean known = published;
        if (known == null) {
            known = phase == Phase.PUBLISHED || files.isPublished();
            published = known;
        }
        return known;
    }

    private WrittenFile locate(FileNames.Committed file) {
        return isPublished() ? files.file(file.name()) : files.unpublished(file);
    }

    private Stream<FileNames.Committed> committed(PartitionCommit commit) {
        return names.of(batch.id(), commit);
    }

    private boolean mayBeGone(FileNames.Committed file) {
        return emptyPartsMayBeGone && file.holdsPredictions() && file.file().rows() == 0;
    }

    private Iterable<WrittenFile> located(List<PartitionCommit> commits) {
        return () -> commits.stream()
                .flatMap(this::committed)
                .filter(file -> !mayBeGone(file))
                .map(this::locate)
                .iterator();
    }

    @Override
    public boolean checkRows(Check checksums, Check rowCounts) {
        boolean readable = true;
        long count = 0;
        long bytes = 0;
        long gone = 0;
        for (PartitionCommit commit : batch.commits()) {
            for (FileNames.Committed file : committed(commit).toList()) {
                if (mayBeGone(file) && isGone(locate(file))) {
                    gone++;
                } else {
                    readable &= check(locate(file), file.file(), checksums, rowCounts);
                    count++;
                    bytes += file.file().bytes();
                }
            }
        }
        checksums.proved(
                "%,d files, %,d bytes: each has the length and SHA-256 that was committed%s",
                count,
                bytes,
                gone == 0 ? "" : "; %,d files without rows, which the table does not need, are gone".formatted(gone));
        if (!readable) {
            rowCounts.open("not counted, since files are missing or can't be read");
            return false;
        }
        rowCounts.proved(
                "read to the last page, the files hold %,d predictions and %,d quarantined rows, file by file as committed",
                batch.predictions(), batch.quarantined());
        return true;
    }

    private static boolean isGone(WrittenFile file) {
        try {
            return file.refusal().isEmpty() && file.length().isEmpty();
        } catch (IOException | FailureException _) {
            // The check says why.
            return false;
        }
    }

    private boolean check(WrittenFile file, OutputFile committed, Check checksums, Check rowCounts) {
        Optional<String> refusal = file.refusal();
        if (refusal.isPresent()) {
            checksums.problem("%s", refusal.get());
            return false;
        }
        try {
            OptionalLong bytes = file.length();
            if (bytes.isEmpty()) {
                checksums.problem("%s is missing", file);
                return false;
            }
            try (WrittenFile.Local local = file.open()) {
                check(file, local.path(), bytes.getAsLong(), committed, checksums);
                return count(file, local.path(), committed, rowCounts);
            }
        } catch (IOException | FailureException e) {
            checksums.problem("%s can't be read: %s", file, e.getMessage());
            return false;
        }
    }

    private static void check(WrittenFile file, Path local, long bytes, OutputFile committed, Check checksums)
            throws IOException {
        if (bytes != committed.bytes()) {
            checksums.problem("%s has %,d bytes, the ledger says %,d", file, bytes, committed.bytes());
            return;
        }
        String sha256 = Digests.sha256(local);
        if (!sha256.equals(committed.sha256())) {
            checksums.problem(
                    "%s was changed: its SHA-256 is %s, the ledger says %s", file, sha256, committed.sha256());
        }
    }

    /// @return whether the file can be read
    private boolean count(WrittenFile file, Path local, OutputFile committed, Check rowCounts) {
        try {
            long found = rows.count(List.of(local));
            if (found != committed.rows()) {
                rowCounts.problem("%s holds %,d rows, the ledger says %,d", file, found, committed.rows());
            }
            return true;
        } catch (FailureException e) {
            rowCounts.problem("%s can't be read: %s", file, e.getMessage());
            return false;
        }
    }

    @Override
    public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        return rows.outputIds(located(commits)).equals(rows.sourceIds(batch.job(), slices));
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        for (PartitionCommit commit : commits) {
            List<WrittenFile> parts = committed(commit)
                    .filter(FileNames.Committed::holdsPredictions)
                    .filter(file -> !mayBeGone(file))
                    .map(this::locate)
                    .toList();
            if (parts.isEmpty()) {
                continue;
            }
            try (WrittenFile.Locals opened = WrittenFile.Locals.open(parts)) {
                if (!rows.predictions(opened.paths(), batch.job().output(), visitor)) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        return rows.repeatedIds(located(commits), limit);
    }

    @Override
    public void checkPlace(Check place) {
        String recorded = publication == null ? "" : publication.destination();
        if (!recorded.equals(files.published())) {
            place.problem("the ledger says it was published in %s, its job says %s", recorded, files.published());
        }
        List<String> found;
        try {
            found = files.names();
        } catch (IOException | FailureException e) {
            place.problem("%s can't be listed: %s", files.published(), e.getMessage());
            return;
        }
        if (found.isEmpty()) {
            place.problem("%s is missing", files.published());
            return;
        }
        if (!found.contains(BatchFolders.SUCCESS)) {
            place.problem("%s is missing", files.file(BatchFolders.SUCCESS));
        }
        for (String name : found) {
            if (!belongs(name)) {
                place.problem("%s doesn't belong to the batch", files.file(name));
            }
        }
        place.proved("%s holds _SUCCESS, the manifest and the committed files, and nothing else", files.published());
    }

    /// A folder of a partition value belongs to the batch as the parent of a file.
    private boolean belongs(String name) {
        if (expected.contains(name)) {
            return true;
        }
        if (name.endsWith("/")) {
            return names.folder() != null
                    && name.startsWith(names.folder() + "=")
                    && batch.commits().stream()
                            .anyMatch(commit -> names.part(commit).startsWith(name));
        }
        Matcher matcher = NAME.matcher(name.substring(name.lastIndexOf('/') + 1));
        if (!matcher.matches()) {
            return false;
        }
        PartitionCommit commit = batch.commit(Integer.parseInt(matcher.group(2)));
        return commit != null && committed(commit).anyMatch(file -> file.name().equals(name));
    }

    @Override
    public void checkStaging(Check staging) {
        files.staged().ifPresent(left -> staging.problem("%s was left behind", left));
        if (phase != Phase.PUBLISHED && isPublished()) {
            staging.problem("%s is there, though the batch was cancelled", files.published());
        }
        staging.proved("nothing is left behind in %s", files.staging());
    }

    @Override
    public void close() {}
}
