package io.nightshift.protocol.batch;

/// One try to score one partition. Logs, files and messages write it as `batch.partition.epoch`.
///
/// @param batch the partition's batch
/// @param partition the partition's position in the plan, from 0
/// @param epoch the epoch of the lease that the attempt holds or held
public record Attempt(BatchId batch, int partition, Epoch epoch) {

    public Attempt {
        if (partition < 0) {
            throw new IllegalArgumentException("a partition is 0 or more, not " + partition);
        }
    }

    @Override
    public String toString() {
        return batch + "." + partition + "." + epoch;
    }
}
