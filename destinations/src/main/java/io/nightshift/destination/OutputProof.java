package io.nightshift.destination;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The output of a batch, compared with what the ledger keeps of it. Reads only. Blocking; for one thread.
///
/// Tampering, damage and unreadable files are findings of the [Check]s that are passed in, never exceptions.
public interface OutputProof extends AutoCloseable {

    /// The output at each destination of the job, in their order: this one alone, if there is one.
    default List<OutputProof> each() {
        return List.of(this);
    }

    /// The kind of the output, `folder`, `table`, `keys` or `places`. It names the check of [#checkPlace].
    String place();

    /// Looks whether readers get at the published output, and at nothing else.
    void checkPlace(Check place);

    /// Compares what the output says of where its rows come from with the ledger, if it says more than its
    /// manifest.
    default void checkProvenance(Check provenance) {}

    /// The manifest, as it was recorded at publication.
    InputStream manifest() throws IOException;

    /// The names of the files that the manifest lists; null if it lists none.
    @Nullable
    FileNames files();

    /// Compares every committed row with the ledger: counts and digests.
    ///
    /// @param checksums told of every part of the output that was changed
    /// @param rows told of every part that holds other rows than were committed
    /// @return whether all of the output can be read. If so, the ids may be asked for
    boolean checkRows(Check checksums, Check rows);

    /// Whether the ids of some partitions' output are those of the input rows that they came from, each as
    /// often.
    ///
    /// @throws FailureException if the input or the output can't be read
    boolean areSame(List<PartitionCommit> commits, List<Slice> slices);

    /// Ids that are in the output more than once, as `id × times`.
    ///
    /// @param limit how many to give at most
    /// @throws FailureException if the output can't be read
    List<String> repeated(List<PartitionCommit> commits, int limit);

    /// Receives predictions.
    @FunctionalInterface
    interface PredictionVisitor {
        /// @param value NaN for NULL
        void prediction(double value);
    }

    /// Visits the predictions that checks look at (see [PredictionColumns#checked]), in any order.
    ///
    /// @return whether the output has them. It does not have the positions of classes
    /// @throws FailureException if the output can't be read
    boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor);

    /// Looks for what publishing, or cancelling, should have removed.
    void checkStaging(Check staging);

    @Override
    void close();
}
