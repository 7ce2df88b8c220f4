package io.nightshift.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The nodes of a cluster, as one of them sees them.
///
/// @param nodes sorted by name
public record NodeList(List<NodeDescription> nodes) {

    /// Keeps an unmodifiable copy of the list.
    public NodeList {
        nodes = List.copyOf(nodes);
    }

    /// A node.
    ///
    /// @param node its name, `host:port`
    /// @param state `joining`, `up`, `leaving`, `exiting` or `down`, or `unreachable` if the other nodes can't
    ///     reach it
    /// @param roles `coordinator`, `worker` or both
    /// @param version the node's version of Nightshift
    /// @param work how many partitions the node takes; null if it does not answer
    /// @param faults the node's resources that fail; empty if none does, or if the node does not answer
    public record NodeDescription(
            String node,
            String state,
            List<String> roles,
            String version,
            @Nullable NodeWork work,
            List<NodeFault> faults) {

        /// Keeps unmodifiable copies of the lists.
        public NodeDescription {
            roles = List.copyOf(roles);
            faults = List.copyOf(faults);
        }

        /// Whether a fault keeps the node from all work, or from some batches.
        public boolean isExcluded() {
            return !faults.isEmpty();
        }
    }

    /// The work of a node.
    ///
    /// @param threads scoring threads; 0 if the node has not the role `worker`
    /// @param slots partitions that the node leases at a time: one for each thread, and those leased ahead
    /// @param busy threads that score now
    /// @param stuck threads that hang in a read or a write, and are replaced by others; 0 or more
    /// @param memory the memory of the node's process; null if the node is of an older version
    /// @param scratch the disk space for what does not fit into memory; null if it is not known
    /// @param scoring the batches that the threads score now, those with most threads first
    public record NodeWork(
            int threads,
            int slots,
            int busy,
            int stuck,
            @Nullable NodeMemory memory,
            @Nullable NodeScratch scratch,
            List<NodeScoring> scoring) {

        /// Keeps an unmodifiable copy of the list.
        public NodeWork {
            scoring = scoring == null ? List.of() : List.copyOf(scoring);
        }
    }

    /// The memory of a node's process, in bytes.
    ///
    /// @param process memory that the process occupies; 0 if the operating system does not say
    /// @param heap the used part of the Java heap
    /// @param mostHeap how large the Java heap may become
    /// @param total the memory of the machine, or the limit of the container
    public record NodeMemory(long process, long heap, long mostHeap, long total) {}

    /// The disk space of a node's scratch folder, in bytes. It was measured some seconds ago at most.
    ///
    /// @param folder the folder
    /// @param used the size of the files in it
    /// @param free what is left on its file system
    /// @param total the size of its file system
    public record NodeScratch(String folder, long used, long free, long total) {}

    /// The work of a node's threads for one batch.
    ///
    /// @param batch the batch
    /// @param partitions how many of its partitions are scored now
    /// @param rows the rows of these partitions that are scored so far
    /// @param since when the oldest of these attempts began
    public record NodeScoring(String batch, int partitions, long rows, Instant since) {}

    /// A resource of a node that has failed, and has not worked since.
    ///
    /// @param resource `input`, `registry`, `scratch`, `library` or `mount`
    /// @param name the file, folder, model or library
    /// @param reason the last failure, for people
    /// @param since when it failed first
    /// @param last when it failed last
    /// @param allWork whether the node takes no partition of any batch. If not, it takes none of the batches
    ///     that met the fault
    /// @param nextTry when the node tries the resource again; null if it tries with its next partition
    public record NodeFault(
            String resource,
            String name,
            String reason,
            Instant since,
            Instant last,
            boolean allWork,
            @Nullable Instant nextTry) {}
}
