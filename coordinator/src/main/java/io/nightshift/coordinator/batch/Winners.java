package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// The winning epoch of each committed partition: immutable, eight bytes a partition. Adding to it
/// copies only the chunks that change, so a million commits stay cheap.
public final class Winners {

    private static final int CHUNK = 1024;

    private final int partitions;
    private final int count;
    private final long[][] chunks;

    private Winners(int partitions, int count, long[][] chunks) {
        this.partitions = partitions;
        this.count = count;
        this.chunks = chunks;
    }

    public static Winners none(int partitions) {
        long[][] chunks = new long[(partitions + CHUNK - 1) / CHUNK][];
        long[] empty = new long[CHUNK];
        java.util.Arrays.fill(chunks, empty);
        return new Winners(partitions, 0, chunks);
    }

    /// @throws IllegalStateException if a partition is committed already: a ledger that says so
    ///     is broken
    public Winners with(List<PartitionCommit> commits) {
        long[][] copy = chunks.clone();
        boolean[] own = new boolean[chunks.length];
        for (PartitionCommit commit : commits) {
            int partition = Objects.checkIndex(commit.partition(), partitions);
            int chunk = partition / CHUNK;
            if (!own[chunk]) {
                own[chunk] = true;
                copy[chunk] = chunks[chunk].clone();
            }
            if (copy[chunk][partition % CHUNK] != 0) {
                throw new IllegalStateException("partition " + partition + " is committed twice");
            }
            copy[chunk][partition % CHUNK] = pack(commit.epoch());
        }
        return new Winners(partitions, count + commits.size(), copy);
    }

    public boolean contains(int partition) {
        return chunks[partition / CHUNK][partition % CHUNK] != 0;
    }

    public Optional<Epoch> epoch(int partition) {
        long packed = chunks[partition / CHUNK][partition % CHUNK];
        return packed == 0 ? Optional.empty() : Optional.of(new Epoch((int) (packed >>> 32), (int) packed));
    }

    public int count() {
        return count;
    }

    public boolean isComplete() {
        return count == partitions;
    }

    private static long pack(Epoch epoch) {
        return (long) epoch.incarnation() << 32 | epoch.lease();
    }
}
