package io.nightshift.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.node.configuration.Configuration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/// A node of its own: a cluster of one that is coordinator and worker at once, on the ledger of a
/// home folder. What runs here is what runs in a cluster; only the configuration differs.
public final class EmbeddedNode {

    private EmbeddedNode() {}

    /// Starts the node and lets it form its cluster.
    public static Node start(Node.Dependencies dependencies) {
        return start(dependencies, configuration(dependencies.ledger()));
    }

    /// Starts the node as [#start], with the settings of a configuration file.
    static Node start(Node.Dependencies dependencies, Configuration configuration) {
        return start(
                dependencies,
                configuration
                        .tuning()
                        .withFallback(configuration(dependencies.ledger()))
                        .resolve());
    }

    private static Node start(Node.Dependencies dependencies, Config config) {
        ActorSystem<Void> system = ClusterNode.actorSystem("nightshift", config);
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        return Node.start(system, dependencies);
    }

    private static Config configuration(Ledger ledger) {
        return ConfigFactory.load()
                .withValue(
                        "pekko-persistence-jdbc.shared-databases.slick.db.url",
                        ConfigValueFactory.fromAnyRef(ledger.url()));
    }
}
