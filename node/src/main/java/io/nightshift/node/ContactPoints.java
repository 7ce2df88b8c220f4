package io.nightshift.node;

import io.nightshift.node.configuration.KubernetesSettings;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.discovery.Discovery;
import org.apache.pekko.discovery.ServiceDiscovery;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether enough pods run that a node may form a cluster, by the Kubernetes API. Not for several threads at
/// a time.
final class ContactPoints {

    private static final Logger LOG = LoggerFactory.getLogger(ContactPoints.class);

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ServiceDiscovery discovery;
    private final int required;
    private String told = "";

    /// @param system configured with [KubernetesSettings#discovery]
    ContactPoints(ActorSystem<?> system, KubernetesSettings settings) {
        this.discovery = Discovery.get(system).loadServiceDiscovery("kubernetes-api");
        this.required = settings.requiredContactPoints();
    }

    /// Asks, and waits for the answer. What keeps the node waiting is logged once.
    boolean areEnough() {
        try {
            int running = discovery
                    .lookup("nightshift", PATIENCE)
                    .toCompletableFuture()
                    .join()
                    .getAddresses()
                    .size();
            if (running >= required) {
                return true;
            }
            tell("%d of the %d pods that are required run".formatted(running, required));
        } catch (CompletionException e) {
            tell("the Kubernetes API can't be asked for pods: " + cause(e));
        }
        return false;
    }

    private void tell(String reason) {
        if (!reason.equals(told)) {
            told = reason;
            LOG.info("this node forms no cluster yet: {}", reason);
        }
    }

    private static String cause(CompletionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
