package io.nightshift.coordinator.publish;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import java.util.HashMap;
import java.util.Map;

/// Makes commits small, because publication and verification hold all commits of a batch: some 300 bytes each.
/// Leaves out what an attempt has counted and used, and keeps equal texts once. For one thread.
public final class CompactCommits {

    private final Map<String, String> texts = new HashMap<>();

    /// The commit without statistics, comparison and use.
    public PartitionCommit of(PartitionCommit commit) {
        return PartitionCommitBuilder.builder(commit)
                .node(shared(commit.node()))
                .model(shared(commit.model()))
                .value(commit.value() == null ? null : shared(commit.value()))
                .use(null)
                .cores(0)
                .threads(0)
                .statistics(null)
                .comparison(null)
                .build();
    }

    private String shared(String text) {
        return texts.computeIfAbsent(text, same -> same);
    }
}
