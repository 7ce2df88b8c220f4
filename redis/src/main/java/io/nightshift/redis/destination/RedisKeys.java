package io.nightshift.redis.destination;

/// The keys of a destination. `N` is the number of a batch, and `P` that of a partition.
///
/// ```
/// NAME:latest                          what readers start from: NAME:N of the newest published batch
/// NAME:N                               a hash that describes the batch, while it is published
/// NAME:N:ID                            a record
/// nightshift:NAME:batches              a hash: the number of each batch, by its ID
/// nightshift:NAME:published            a sorted set: the IDs of the published batches, by their time of submission
/// nightshift:NAME:numbers              the last number of a batch
/// nightshift:NAME:N                    a hash: the state of the batch, and its manifest
/// nightshift:NAME:N:held               a hash: the epoch of the attempt that holds each partition
/// nightshift:NAME:N:parts              a hash: what was committed of each partition
/// nightshift:NAME:N:ids:P              a list: the record IDs of a partition
/// nightshift:NAME:N:quarantine:P       a list: the quarantined rows of a partition
/// nightshift:NAME:N:staged:P:EPOCH     a list: what an attempt has written until now
/// nightshift:NAME:N:bad:P:EPOCH        a list: the quarantined rows of that attempt
/// ```
///
/// While a supplement of a published batch is open, `nightshift:NAME:N` has the field `supplement` with the
/// number of its partition, and, once its attempt is kept, `supplement_part` with what is recorded of it.
///
/// @param name the destination's, without a colon
record RedisKeys(String name) {

    String latest() {
        return name + ":latest";
    }

    private String own() {
        return "nightshift:" + name;
    }

    String batches() {
        return own() + ":batches";
    }

    String published() {
        return own() + ":published";
    }

    Batch batch(long number) {
        return new Batch(name + ":" + number, own() + ":" + number);
    }

    /// The keys of a batch.
    ///
    /// @param readers the prefix of those that readers use
    /// @param own the prefix of Nightshift's own
    record Batch(String readers, String own) {

        /// Begins the key of each record.
        String records() {
            return readers + ":";
        }

        String held() {
            return own + ":held";
        }

        String parts() {
            return own + ":parts";
        }

        String ids(int partition) {
            return own + ":ids:" + partition;
        }

        String quarantine(int partition) {
            return own + ":quarantine:" + partition;
        }

        String staged(int partition, String epoch) {
            return "%s:staged:%d:%s".formatted(own, partition, epoch);
        }

        String bad(int partition, String epoch) {
            return "%s:bad:%d:%s".formatted(own, partition, epoch);
        }
    }
}
