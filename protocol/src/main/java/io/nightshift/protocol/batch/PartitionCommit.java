package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.FailureException;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.soabase.recordbuilder.core.RecordBuilder.Initializer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The ledger's record of a committed partition: the rows that were read, and the numbers of predicted and
/// quarantined rows. `PartitionCommitBuilder`, which the compiler generates from this record, makes commits and
/// altered copies of commits.
///
/// @param partition position in the plan, from 0
/// @param epoch the epoch of the attempt
/// @param node the address of the node that scored the partition, `host:port`
/// @param firstRow position of the partition's first row in the input, from 0; the files of the input follow
///     each other in the order of the plan
/// @param rows the planned number of rows of the partition
/// @param read rows of the partition that the job's `where` selects, at most `rows`
/// @param part the output with the predictions
/// @param quarantine the output with the quarantined rows; null if there are none
/// @param model SHA-256 of the model file that scored the partition, 64 hexadecimal digits
/// @param unseenCategories for each feature with a category that the model does not know, how many of the
///     read rows have one
/// @param use what the attempt used of its node; null if the ledger does not say
/// @param cores the processors of that node; 0 if the ledger does not say
/// @param threads the scoring threads of that node; 0 if the ledger does not say
/// @param value the partition value of the rows; null if the job has no partition key, or the key of these rows is
///     NULL
/// @param statistics what the attempt has counted for the checks of its job; null if the job has none
/// @param comparison of the model with the other one that has scored the rows; null if none has
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
public record PartitionCommit(
        int partition,
        Epoch epoch,
        String node,
        long firstRow,
        long rows,
        long read,
        OutputFile part,
        @Nullable OutputFile quarantine,
        String model,
        @Initializer(source = Map.class, value = "of") Map<String, Long> unseenCategories,
        @Nullable Use use,
        int cores,
        int threads,
        @Nullable String value,
        @Nullable PartitionStatistics statistics,
        @Nullable ModelComparison comparison) {

    /// A written file, the files of a divided part, or the rows written to a table.
    ///
    /// @param rows the number of rows; 0 or more
    /// @param bytes the size, 0 or more
    /// @param sha256 the digest of the file or the rows, 64 hexadecimal digits; of a divided part, the digest of
    ///     the digests of its files
    /// @param files of a divided part, two or more, in the order of their rows; empty if it is one file
    /// @param copies the same rows at the further destinations of the job, in their order; empty if it has one
    public record OutputFile(long rows, long bytes, String sha256, List<OutputFile> files, List<OutputFile> copies) {
        public OutputFile {
            files = List.copyOf(files);
            copies = List.copyOf(copies);
        }

        /// One file, or rows, at one destination.
        public OutputFile(long rows, long bytes, String sha256) {
            this(rows, bytes, sha256, List.of());
        }

        /// A part at one destination.
        public OutputFile(long rows, long bytes, String sha256, List<OutputFile> files) {
            this(rows, bytes, sha256, files, List.of());
        }

        /// The size at all destinations, in bytes.
        public long allBytes() {
            long all = bytes;
            for (OutputFile copy : copies) {
                all += copy.bytes;
            }
            return all;
        }

        /// The output at one of the destinations.
        ///
        /// @param destination its position in the job, from 0
        public OutputFile at(int destination) {
            if (destination > copies.size()) {
                throw FailureException.permanent("the ledger has output at %d destinations, and none at another one"
                        .formatted(copies.size() + 1));
            }
            return destination == 0 ? new OutputFile(rows, bytes, sha256, files) : copies.get(destination - 1);
        }
    }

    public PartitionCommit {
        if (cores < 0 || threads < 0) {
            throw new IllegalArgumentException("%d processors, %d threads".formatted(cores, threads));
        }
        unseenCategories =
                unseenCategories.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(unseenCategories));
        if (partition < 0 || firstRow < 0) {
            throw new IllegalArgumentException("partition %d at row %d".formatted(partition, firstRow));
        }
        long quarantinedRows = quarantine == null ? 0 : quarantine.rows();
        if (read != part.rows() + quarantinedRows) {
            throw new IllegalArgumentException("partition %d: %d rows read, but %d predicted and %d quarantined"
                    .formatted(partition, read, part.rows(), quarantinedRows));
        }
        if (read > rows) {
            throw new IllegalArgumentException(
                    "partition %d: %d rows read of a range of %d".formatted(partition, read, rows));
        }
    }

    /// The number of rows with a prediction.
    public long predictions() {
        return part.rows();
    }

    /// The number of rows in the quarantine.
    public long quarantined() {
        return quarantine == null ? 0 : quarantine.rows();
    }

    /// The size of the output at all destinations in bytes, the quarantine included.
    public long bytes() {
        return part.allBytes() + (quarantine == null ? 0 : quarantine.allBytes());
    }

    /// The same commit with its output at one of several destinations.
    ///
    /// @param destination its position in the job, from 0
    public PartitionCommit at(int destination) {
        return PartitionCommitBuilder.builder(this)
                .part(part.at(destination))
                .quarantine(quarantine == null ? null : quarantine.at(destination))
                .build();
    }

    /// The same commit with what its attempt used.
    ///
    /// @param used what the attempt used of its node
    /// @param coresOfNode the processors of that node
    /// @param threadsOfNode the scoring threads of that node
    public PartitionCommit withUse(Use used, int coresOfNode, int threadsOfNode) {
        return PartitionCommitBuilder.builder(this)
                .use(used)
                .cores(coresOfNode)
                .threads(threadsOfNode)
                .build();
    }

    /// The same commit with what its attempt has counted.
    ///
    /// @param counted for the checks of the job
    public PartitionCommit withStatistics(PartitionStatistics counted) {
        return PartitionCommitBuilder.builder(this).statistics(counted).build();
    }

    /// The same commit with the comparison of two models.
    ///
    /// @param compared over the rows with a prediction
    public PartitionCommit withComparison(ModelComparison compared) {
        return PartitionCommitBuilder.builder(this).comparison(compared).build();
    }

    /// The same commit without its quarantined rows, which a supplement has replaced.
    public PartitionCommit withoutQuarantine() {
        return PartitionCommitBuilder.builder(this)
                .read(part.rows())
                .quarantine(null)
                .build();
    }

    /// The commit of a batch that reuses the part. The batch has used nothing for it.
    ///
    /// @param incarnation of the coordinator of that batch
    public PartitionCommit reused(int incarnation) {
        return PartitionCommitBuilder.builder(this)
                .epoch(Epoch.ofReuse(incarnation))
                .use(null)
                .cores(0)
                .threads(0)
                .comparison(null)
                .build();
    }

    /// The attempt that was committed.
    ///
    /// @param batch the batch of the partition
    public Attempt attempt(BatchId batch) {
        return new Attempt(batch, partition, epoch);
    }
}
