package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.publish.Digests;
import io.nightshift.coordinator.publish.ParquetPublisher;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.OutputInspector;
import io.nightshift.protocol.plan.Slice;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The committed files of a batch, wherever they are by now, held to what the ledger keeps of each:
/// length, digest and rows. One file after another, so the number of files makes no difference to
/// the memory.
final class OutputFiles {

    private static final Pattern NAME = Pattern.compile("(part|_quarantine)-(\\d{6,9})\\.parquet");

    private final History history;
    private final BatchId batch;
    private final Job job;
    private final Path published;

    OutputFiles(History history) {
        this.history = history;
        this.batch = history.state().batch();
        this.job = history.state().submission().job();
        this.published = ParquetPublisher.destination(batch, job);
    }

    /// The files of a partition: its part, and its bad rows where there are any.
    List<Path> of(PartitionCommit commit) {
        List<Path> files = new ArrayList<>();
        files.add(part(commit));
        if (commit.quarantine() != null) {
            files.add(quarantine(commit));
        }
        return files;
    }

    /// The ids in the files, as the inspector sees them.
    RecordIds.Ids ids(OutputInspector inspector) {
        Job.Source source = job.source();
        return new RecordIds.Ids() {
            @Override
            public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
                return inspector.outputIds(all(commits)).equals(inspector.sourceIds(source, source.id(), slices));
            }

            @Override
            public List<String> repeated(List<PartitionCommit> commits, int limit) {
                return inspector.repeatedIds(all(commits), limit);
            }
        };
    }

    private List<Path> all(List<PartitionCommit> commits) {
        return commits.stream().flatMap(commit -> of(commit).stream()).toList();
    }

    private Path part(PartitionCommit commit) {
        return locate(
                Attempt.partName(commit.partition()), commit.attempt(batch).stagedPart());
    }

    private Path quarantine(PartitionCommit commit) {
        return locate(
                Attempt.quarantineName(commit.partition()),
                commit.attempt(batch).stagedQuarantine());
    }

    private Path locate(String name, String staged) {
        if (history.state().phase() == Phase.PUBLISHED || Files.exists(published)) {
            return published.resolve(name);
        }
        try {
            return ParquetPublisher.unpublished(batch, job, name, staged);
        } catch (IOException e) {
            // That it can't be found is a finding.
            return ParquetPublisher.attempts(batch, job).resolve(staged);
        }
    }

    /// Looks at every committed file.
    ///
    /// @return whether all of them can be read
    boolean check(OutputInspector inspector, Check checksums, Check rows) {
        boolean readable = true;
        long files = 0;
        long bytes = 0;
        for (PartitionCommit commit : history.commits()) {
            readable &= check(part(commit), commit.part(), inspector, checksums, rows);
            if (commit.quarantine() != null) {
                readable &= check(quarantine(commit), commit.quarantine(), inspector, checksums, rows);
                files++;
            }
            files++;
            bytes += commit.bytes();
        }
        checksums.proved("%,d files, %,d bytes: each has the length and SHA-256 that was committed", files, bytes);
        if (!readable) {
            rows.open("not counted, since files are missing or can't be read");
            return false;
        }
        rows.proved(
                "read to the last page, the files hold %,d predictions and %,d quarantined rows, file by file as committed",
                history.state().totals().predictions(), history.state().totals().quarantined());
        return true;
    }

    private static boolean check(
            Path path, OutputFile committed, OutputInspector inspector, Check checksums, Check rows) {
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
            long found = inspector.rows(List.of(path));
            if (found != committed.rows()) {
                rows.problem("%s holds %,d rows, the ledger says %,d", path, found, committed.rows());
            }
            return true;
        } catch (FailureException e) {
            rows.problem("%s can't be read: %s", path, e.getMessage());
            return false;
        }
    }

    /// Looks for what is in the published folder and doesn't belong there, and for `_SUCCESS`.
    void checkFolder(Check folder) {
        String destination = history.state().published() == null
                ? ""
                : history.state().published().destination();
        if (!destination.equals(published.toString())) {
            folder.problem("the ledger says it was published in %s, its job says %s", destination, published);
        }
        if (!Files.isDirectory(published)) {
            folder.problem("%s is missing", published);
            return;
        }
        if (!Files.isRegularFile(published.resolve(ParquetPublisher.SUCCESS))) {
            folder.problem("%s is missing", published.resolve(ParquetPublisher.SUCCESS));
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(published)) {
            for (Path file : files) {
                if (!belongs(file.getFileName().toString())) {
                    folder.problem("%s doesn't belong to the batch", file);
                }
            }
        } catch (IOException e) {
            folder.problem("%s can't be listed: %s", published, e.getMessage());
        }
        folder.proved("%s holds _SUCCESS, the manifest and the committed files, and nothing else", published);
    }

    private boolean belongs(String name) {
        if (name.equals(ParquetPublisher.SUCCESS) || name.equals(ParquetPublisher.MANIFEST)) {
            return true;
        }
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return false;
        }
        PartitionCommit commit = history.commit(Integer.parseInt(matcher.group(2)));
        return commit != null
                && of(commit).stream()
                        .anyMatch(file -> file.getFileName().toString().equals(name));
    }

    /// Looks for staged output.
    ///
    /// @param published whether the batch is; else it was given up
    void checkStaging(Check staging, boolean published) {
        Path staged = ParquetPublisher.staged(batch, job);
        if (Files.exists(staged)) {
            staging.problem("%s was left behind", staged);
        }
        if (!published && Files.exists(this.published)) {
            staging.problem("%s is there, though the batch was given up", this.published);
        }
        staging.proved("nothing is left behind in %s", staged);
    }

    Path manifest() {
        return published.resolve(ParquetPublisher.MANIFEST);
    }
}
