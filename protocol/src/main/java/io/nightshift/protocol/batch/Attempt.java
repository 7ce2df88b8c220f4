package io.nightshift.protocol.batch;

/// One try to score one partition, named `batch.partition.epoch` everywhere.
///
/// @param partition the partition's position in the plan, from 0
public record Attempt(BatchId batch, int partition, Epoch epoch) {

    public Attempt {
        if (partition < 0) {
            throw new IllegalArgumentException("partition " + partition);
        }
    }

    @Override
    public String toString() {
        return batch + "." + partition + "." + epoch;
    }
}
