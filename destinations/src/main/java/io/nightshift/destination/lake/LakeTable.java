package io.nightshift.destination.lake;

import io.nightshift.destination.Provenance;
import io.nightshift.destination.parquet.FileColumns;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The table of a [LakeStore]. Every call sees the table as it is now, and throws a [FailureException] if that
/// can't be done.
///
/// A commit is decided and made on the same version of the table. If another program commits in between, it is
/// decided again.
///
/// @param <C> the columns that a job writes
/// @param <F> the files of a batch, for a commit
public interface LakeTable<C, F> extends FileColumns {

    /// The name for messages, such as `the Delta table lake/scores`.
    String title();

    /// Where the folder with the files of batches is, in the words of the table's metadata; empty if there is no
    /// table that says it.
    Optional<String> location();

    /// The same if there is no table because this node may not see its file system.
    default Optional<String> unseenLocation() {
        return Optional.empty();
    }

    /// The failure of a table that is not there.
    FailureException missing();

    /// A location as a file system or an object store has it.
    default String plain(String location) {
        return location;
    }

    /// Whether there is a table, also a damaged one.
    boolean isThere();

    /// @param output that readers find
    /// @throws FailureException permanent, if such a table can't have the type of a column
    C columns(Job job, List<OutputSchema.Column> output);

    /// Why columns can't be written to the table; empty if they can.
    List<String> obstacles(C columns);

    /// Makes the table, or adapts it to what a batch needs.
    void make(C columns);

    /// Checks that the table is there, and still one that takes a batch of a job.
    ///
    /// @throws FailureException permanent, if it is not
    void requireOurs(Job job);

    /// Whether readers see a batch.
    Visibility visibility(BatchId batch);

    /// The batch's files that readers find.
    List<TableFile> visible(BatchId batch);

    /// The provenance of a batch that readers see, as the table still has it: once for each commit of the batch.
    List<Provenance> provenances(BatchId batch);

    /// The newest batch of a job that readers see.
    Optional<BatchId> newest(String job);

    /// Prepares files for commits.
    F files(PublishedParts parts);

    /// Shows a batch, unless readers see it already.
    ///
    /// @param provenance kept with the commit
    /// @throws FailureException permanent, if the batch was removed
    void show(BatchId batch, F files, Provenance provenance);

    /// Checks that a supplement can be added to a batch.
    ///
    /// @throws FailureException as [#supplement]
    void requireUnchanged(BatchId batch, int number, F files, Set<String> earlier);

    /// Shows a supplement of a batch, unless readers see it already.
    ///
    /// @param number of the supplement, from 1
    /// @param files of the supplement
    /// @param earlier locations of the files that the batch has without it
    /// @param provenance kept with the commit
    /// @throws FailureException permanent, if readers don't see the batch, or if its files were rewritten, so that
    ///     they no longer tell whether they have the supplement
    void supplement(BatchId batch, int number, F files, Set<String> earlier, Provenance provenance);

    /// Takes a batch out of readers' sight, if they see it.
    ///
    /// @return whether they saw it
    boolean remove(BatchId batch);

    /// Checks that no reader needs the files of a removed batch.
    ///
    /// @throws FailureException permanent, if one does
    default void requireUnused(BatchId batch) {}

    /// The failure of a batch that was removed: it stays removed.
    default FailureException removed(BatchId batch) {
        return FailureException.permanent(
                "%s was removed from %s, so it can't be published again. Run the job again with --new"
                        .formatted(batch, title()));
    }

    /// The failure of a batch whose files another program has rewritten.
    default FailureException rewritten(BatchId batch) {
        return FailureException.permanent(
                "no rows can be added to %s in %s, because another program has rewritten its files"
                        .formatted(batch, title()));
    }
}
