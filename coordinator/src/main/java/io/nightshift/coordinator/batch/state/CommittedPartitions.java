package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Use;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/// The committed partitions of a batch, each with its winning epoch and totals. Immutable.
///
/// A partition takes 16 bytes, 12 more for what its attempt used, 16 more where rows were filtered out or
/// quarantined, and more where rows have categories that the model does not know. A change copies only the
/// chunks of up to 1,024 partitions that it touches, so a million commits stay cheap.
public final class CommittedPartitions {

    private static final int SIZE = 1024;

    private static final long[] ZEROS = {};

    private static final short[] NO_USE = {};

    /// The numbers of a [Use].
    private static final int USES = 6;

    private static final class Chunk {
        /// Incarnation and lease number, 32 bits each; 0 where the partition isn't committed.
        private final long[] epochs;

        private final long[] bytes;

        /// Rows that the job's `where` filtered out; empty while all are 0.
        private long[] unread;

        /// Empty while all are 0.
        private long[] quarantined;

        /// The unseen categories of the partitions that have some.
        private Map<Integer, Map<String, Long>> unseen;

        /// The use of each partition's attempt: [#USES] packed numbers for each; empty while all are 0.
        private short[] uses;

        Chunk(
                long[] epochs,
                long[] bytes,
                long[] unread,
                long[] quarantined,
                Map<Integer, Map<String, Long>> unseen,
                short[] uses) {
            this.epochs = epochs;
            this.bytes = bytes;
            this.unread = unread;
            this.quarantined = quarantined;
            this.unseen = unseen;
            this.uses = uses;
        }

        static Chunk empty(int size) {
            return new Chunk(new long[size], new long[size], ZEROS, ZEROS, Map.of(), NO_USE);
        }

        Chunk copy() {
            return new Chunk(epochs.clone(), bytes.clone(), unread.clone(), quarantined.clone(), unseen, uses.clone());
        }

        /// A copy of another size. What it cuts off isn't committed.
        Chunk resized(int size) {
            return new Chunk(
                    Arrays.copyOf(epochs, size),
                    Arrays.copyOf(bytes, size),
                    unread.length == 0 ? unread : Arrays.copyOf(unread, size),
                    quarantined.length == 0 ? quarantined : Arrays.copyOf(quarantined, size),
                    unseen,
                    uses.length == 0 ? uses : Arrays.copyOf(uses, size * USES));
        }

        boolean contains(int i) {
            return epochs[i] != 0;
        }

        void set(int i, long epoch, long length, long left, long bad, Map<String, Long> categories, Use use) {
            epochs[i] = epoch;
            bytes[i] = length;
            unread = with(unread, i, left, epochs.length);
            quarantined = with(quarantined, i, bad, epochs.length);
            if (!categories.isEmpty() || unseen.containsKey(i)) {
                Map<Integer, Map<String, Long>> next = new HashMap<>(unseen);
                next.put(i, categories);
                next.values().removeIf(Map::isEmpty);
                unseen = Map.copyOf(next);
            }
            if (uses.length != 0 || !use.equals(Use.NONE)) {
                setUse(i, use);
            }
        }

        private void setUse(int i, Use use) {
            uses = uses.length == 0 ? new short[epochs.length * USES] : uses;
            int at = i * USES;
            uses[at] = Use.pack(use.processor());
            uses[at + 1] = Use.pack(use.elapsed());
            uses[at + 2] = Use.pack(use.reading());
            uses[at + 3] = Use.pack(use.writing());
            uses[at + 4] = Use.pack(use.read());
            uses[at + 5] = Use.pack(use.written());
        }

        private Use use(int i) {
            if (uses.length == 0) {
                return Use.NONE;
            }
            int at = i * USES;
            return new Use(
                    Use.unpack(uses[at]),
                    Use.unpack(uses[at + 1]),
                    Use.unpack(uses[at + 2]),
                    Use.unpack(uses[at + 3]),
                    Use.unpack(uses[at + 4]),
                    Use.unpack(uses[at + 5]));
        }

        private static long[] with(long[] values, int i, long value, int size) {
            if (values.length == 0 && value == 0) {
                return values;
            }
            long[] wide = values.length == 0 ? new long[size] : values;
            wide[i] = value;
            return wide;
        }

        CommittedTotals totals(int i, long rows) {
            long read = rows - (unread.length == 0 ? 0 : unread[i]);
            long bad = quarantined.length == 0 ? 0 : quarantined[i];
            return new CommittedTotals(rows, read, read - bad, bad, bytes[i], unseen.getOrDefault(i, Map.of()), use(i));
        }
    }

    private final int partitions;
    private final int count;
    private final Chunk[] chunks;

    private CommittedPartitions(int partitions, int count, Chunk[] chunks) {
        this.partitions = partitions;
        this.count = count;
        this.chunks = chunks;
    }

    /// No committed partition.
    ///
    /// @param partitions of the plan
    public static CommittedPartitions empty(int partitions) {
        Chunk[] chunks = new Chunk[Math.ceilDiv(partitions, SIZE)];
        // All the same one, because a chunk is copied before it changes.
        Arrays.fill(chunks, Chunk.empty(Math.min(SIZE, partitions)));
        return new CommittedPartitions(partitions, 0, chunks);
    }

    /// These partitions in a plan whose end has changed.
    ///
    /// @param kept how many of the first partitions stay
    /// @param partitions of the plan, `kept` or more
    /// @throws IllegalStateException if a partition after the kept ones is committed, so the ledger is damaged
    public CommittedPartitions resized(int kept, int partitions) {
        Objects.checkIndex(kept, Math.min(this.partitions, partitions) + 1);
        IntStream.range(kept, this.partitions)
                .filter(this::contains)
                .findFirst()
                .ifPresent(partition -> {
                    throw new IllegalStateException("partition " + partition + " is committed, and can't be dropped");
                });
        Chunk[] next = empty(partitions).chunks;
        int whole = kept / SIZE;
        System.arraycopy(chunks, 0, next, 0, whole);
        if (kept % SIZE != 0) {
            next[whole] = chunks[whole].resized(Math.min(SIZE, partitions));
        }
        return new CommittedPartitions(partitions, count, next);
    }

    /// These partitions and the ones of some commits.
    ///
    /// @throws IllegalStateException if a partition is committed already, so the ledger is damaged
    public CommittedPartitions withCommits(List<PartitionCommit> commits) {
        Chunk[] copy = chunks.clone();
        boolean[] own = new boolean[chunks.length];
        for (PartitionCommit commit : commits) {
            int partition = Objects.checkIndex(commit.partition(), partitions);
            Chunk chunk = own(copy, own, partition / SIZE);
            if (chunk.contains(partition % SIZE)) {
                throw new IllegalStateException("partition " + partition + " is committed twice");
            }
            chunk.set(
                    partition % SIZE,
                    pack(commit.epoch()),
                    commit.bytes(),
                    commit.rows() - commit.read(),
                    commit.quarantined(),
                    commit.unseenCategories(),
                    commit.use() == null ? Use.NONE : commit.use());
        }
        return new CommittedPartitions(partitions, count + commits.size(), copy);
    }

    /// These partitions without some of them.
    ///
    /// @param withdrawn positions in the plan, from 0
    /// @throws IllegalStateException if a partition isn't committed or is listed twice, so the ledger is
    ///     damaged
    public CommittedPartitions withoutPartitions(Collection<Integer> withdrawn) {
        Chunk[] copy = chunks.clone();
        boolean[] own = new boolean[chunks.length];
        for (int partition : withdrawn) {
            Chunk chunk = own(copy, own, Objects.checkIndex(partition, partitions) / SIZE);
            if (!chunk.contains(partition % SIZE)) {
                throw new IllegalStateException("partition " + partition + " isn't committed");
            }
            chunk.set(partition % SIZE, 0, 0, 0, 0, Map.of(), Use.NONE);
        }
        return new CommittedPartitions(partitions, count - withdrawn.size(), copy);
    }

    /// The chunk of the copied array, as a copy of its own.
    private static Chunk own(Chunk[] copy, boolean[] own, int chunk) {
        if (!own[chunk]) {
            own[chunk] = true;
            copy[chunk] = copy[chunk].copy();
        }
        return copy[chunk];
    }

    public boolean contains(int partition) {
        return partition < partitions && chunks[partition / SIZE].contains(partition % SIZE);
    }

    /// The winning epoch of a partition; empty if it isn't committed.
    public Optional<Epoch> epoch(int partition) {
        if (!contains(partition)) {
            return Optional.empty();
        }
        long packed = chunks[partition / SIZE].epochs[partition % SIZE];
        return Optional.of(new Epoch((int) (packed >>> 32), (int) packed));
    }

    /// The totals of a committed partition.
    ///
    /// @param rows of the partition, as planned
    public CommittedTotals totals(int partition, long rows) {
        return chunks[partition / SIZE].totals(partition % SIZE, rows);
    }

    /// The number of committed partitions.
    public int count() {
        return count;
    }

    /// Whether every partition of the plan is committed.
    public boolean isComplete() {
        return count == partitions;
    }

    private static long pack(Epoch epoch) {
        return (long) epoch.incarnation() << 32 | epoch.lease();
    }
}
