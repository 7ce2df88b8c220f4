package io.nightshift.cli.batch;

import io.nightshift.node.check.PartitionList;
import io.nightshift.protocol.failure.FailureException;
import java.util.List;

/// Parses the option `--partitions`, such as `0,7,12-15`.
final class PartitionListParser {

    private PartitionListParser() {}

    /// @return sorted, each once
    /// @throws FailureException if it isn't such a list
    static List<Integer> parse(String text) {
        try {
            return PartitionList.parse(text);
        } catch (FailureException e) {
            throw FailureException.permanent("--partitions: " + e.getMessage());
        }
    }
}
