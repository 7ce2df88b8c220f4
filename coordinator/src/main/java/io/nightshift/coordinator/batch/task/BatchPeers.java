package io.nightshift.coordinator.batch.task;

import io.nightshift.protocol.batch.StepCommand;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;

/// The other nodes of the cluster, which can do steps of this node's batches. Safe for several threads; no method
/// blocks.
public interface BatchPeers {

    /// A cluster of one.
    BatchPeers NONE = new BatchPeers() {
        @Override
        public List<String> others() {
            return List.of();
        }

        @Override
        public Set<String> scoring() {
            return Set.of();
        }

        @Override
        public CompletionStage<ActorRef<StepCommand>> find(String node) {
            return CompletableFuture.failedFuture(new IllegalArgumentException("there is no node " + node));
        }

        @Override
        public boolean isNode(Address address) {
            return false;
        }
    };

    /// The other nodes that are up and reachable, `host:port`, in order.
    List<String> others();

    /// The nodes that can score now, `host:port`: those with workers that are up and reachable, this one included.
    Set<String> scoring();

    /// The actor of a node that does steps.
    ///
    /// @return fails if the node does not answer, or is of a version without such an actor
    CompletionStage<ActorRef<StepCommand>> find(String node);

    /// Whether a node of the cluster has this address.
    boolean isNode(Address address);
}
