package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.register.BatchNameResolver;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All batches that were ever submitted: those that the register keeps, and those of its archive. The methods wait
/// for the database if the archive is not empty, and throw a [FailureException] if it can't be read.
///
/// @param register as it was read before the archive
/// @param archive the archive
public record RegisteredBatches(BatchRegisterState register, ArchiveTable archive) {

    private static final int PAGE = 1_000;

    private boolean hasArchive() {
        return register.archives() > 0;
    }

    /// A batch by its ID.
    public Optional<Entry> find(BatchId batch) {
        Entry kept = register.batches().get(batch);
        if (kept != null) {
            return Optional.of(kept);
        }
        return hasArchive() ? archive.find(batch) : Optional.empty();
    }

    /// The batch that a user names: by its ID, by the beginning of its ID, or as `latest`.
    ///
    /// @throws FailureException permanent if the name matches no batch, or more than one
    public BatchId resolve(String name) {
        return BatchNameResolver.resolve(register, archive, name);
    }

    /// The batch that a user names, as [#resolve].
    public Entry named(String name) {
        BatchId batch = resolve(name);
        return find(batch).orElseThrow(() -> FailureException.permanent("there is no batch " + batch));
    }

    /// The batch of a run that was published last, in the order of submission.
    public Optional<Entry> lastPublished(RunKey run) {
        return Stream.concat(
                        register.lastPublished(run).stream(),
                        hasArchive() ? archive.lastPublished(run).stream() : Stream.empty())
                .max(Comparator.comparing(ArchiveTable.Place::of));
    }

    /// Batches in the order of submission, the newest first.
    ///
    /// @param job the name of their job; null for all jobs
    /// @param end how the ended ones among them should have ended; null for both. It spares the caller others, but
    ///     not all
    /// @param before the batch before the page; null for the first page
    /// @param limit the most batches, at least 1
    public List<Entry> page(@Nullable String job, @Nullable Phase end, @Nullable Entry before, int limit) {
        ArchiveTable.Place place = before == null ? null : ArchiveTable.Place.of(before);
        List<Entry> kept = new ArrayList<>();
        for (Entry entry : List.copyOf(register.all()).reversed()) {
            boolean isOfJob = job == null || entry.job().equals(job);
            boolean hasEnd = end == null || entry.end().isEmpty() || entry.end().get() == end;
            boolean isBefore = place == null || ArchiveTable.Place.of(entry).compareTo(place) < 0;
            if (isOfJob && hasEnd && isBefore) {
                kept.add(entry);
                if (kept.size() == limit && entry.number() > register.archivedTo()) {
                    // All batches of the archive are older.
                    return kept;
                }
            }
        }
        // A batch may be in both.
        Stream<Entry> archived = hasArchive()
                ? archive.page(new ArchiveTable.PageQuery(job, end, place), limit).stream()
                        .filter(entry -> !register.batches().containsKey(entry.batch()))
                : Stream.empty();
        return Stream.concat(kept.stream(), archived)
                .sorted(Comparator.comparing(ArchiveTable.Place::of).reversed())
                .limit(limit)
                .toList();
    }

    /// Published and open batches that use a version of a model, the newest first.
    ///
    /// @param model the version
    /// @param since no older batch is looked at
    /// @param limit the most batches, at least 1
    public List<Entry> using(ModelVersion model, Instant since, int limit) {
        List<Entry> found = new ArrayList<>();
        Entry last = null;
        while (true) {
            List<Entry> page = page(null, null, last, PAGE);
            for (Entry entry : page) {
                boolean counts = entry.end().isEmpty() || entry.isPublished();
                if (counts && entry.uses(model)) {
                    found.add(entry);
                }
            }
            if (found.size() >= limit) {
                return found.subList(0, limit);
            }
            if (page.size() < PAGE || page.getLast().at().isBefore(since)) {
                return found;
            }
            last = page.getLast();
        }
    }

    /// Whether a batch of a job, or a later one, is known. IDs of one job are ordered by the time of submission.
    public boolean knowsSince(String job, BatchId batch) {
        return register.lastOfJob(job).stream().anyMatch(known -> known.compareTo(batch) >= 0)
                || register.all().stream()
                        .map(Entry::batch)
                        .filter(known -> known.isOfJob(job))
                        .anyMatch(known -> known.compareTo(batch) >= 0)
                || find(batch).isPresent();
    }
}
