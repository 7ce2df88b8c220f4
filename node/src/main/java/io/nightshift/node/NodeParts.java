package io.nightshift.node;

import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.worker.NodeFaults;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/// The objects that the coordinators, the workers and the gateway of one node share.
///
/// @param given the objects that the node's caller has opened
/// @param name this node, `host:port`
/// @param entities the coordinators of batches, the register and the outbox, wherever they run
/// @param destinations where predictions go, with the sources of rows
/// @param blocking runs work that waits for disks or databases
/// @param faults counts what fails on this node
/// @param stuck counts the threads that hang
record NodeParts(
        ActorSystem<Void> system,
        Node.Dependencies given,
        String name,
        ClusterEntities entities,
        Destinations destinations,
        ExecutorService blocking,
        NodeFaults faults,
        StuckThreads stuck) {

    static NodeParts of(ActorSystem<Void> system, Node.Dependencies given) {
        int threads = given.scoring().size();
        Sources sources = new Sources(
                given.duckDb(), given.roots(), given.objects(), given.dataSources(), new ReadConnections(threads));
        return new NodeParts(
                system,
                given,
                Cluster.get(system).selfMember().address().hostPort().replaceFirst("^.*@", ""),
                new ClusterEntities(system),
                new Destinations(given.duckDb(), sources, given.dataSources(), new ConnectionPool(threads))
                        .with(given.ledger().rowSets()),
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().daemon().name("blocking-", 1).factory()),
                new NodeFaults(Clock.systemUTC()),
                new StuckThreads());
    }

    Sources sources() {
        return destinations.sources();
    }

    /// May wait for the registry.
    ModelDescription description(ModelVersion version) {
        return given.models().get(version).description();
    }

    /// The workers that may run at a time.
    int slots() {
        return given.scoring().size() + system.settings().config().getInt("nightshift.worker.ahead");
    }

    void close() {
        destinations.close();
        blocking.shutdown();
    }
}
