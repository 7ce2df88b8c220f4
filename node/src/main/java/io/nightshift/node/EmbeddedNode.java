package io.nightshift.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.nightshift.coordinator.ledger.Ledger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/// A node of its own: a cluster of one that is coordinator and worker at once, on the ledger of a
/// home folder. What runs here is what runs in a cluster; only the configuration differs.
public final class EmbeddedNode {

    private EmbeddedNode() {}

    /// Starts the node and lets it form its cluster.
    public static Node start(Node.Dependencies dependencies) {
        ActorSystem<Void> system = ClusterNode.actorSystem("nightshift", configuration(dependencies.ledger()));
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
