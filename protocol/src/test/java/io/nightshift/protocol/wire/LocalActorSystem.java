package io.nightshift.protocol.wire;

import com.typesafe.config.ConfigFactory;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;

/// An actor system without a network. Its name is always the same, and so are the paths of its actors.
final class LocalActorSystem implements AutoCloseable {

    private final ActorSystem<Void> system = ActorSystem.create(
            Behaviors.empty(),
            "golden",
            ConfigFactory.parseString("pekko.actor.provider = local").withFallback(ConfigFactory.load()));

    KryoSerializer serializer() {
        return new KryoSerializer((ExtendedActorSystem) Adapter.toClassic(system));
    }

    Serialization serialization() {
        return SerializationExtension.get(system);
    }

    ActorRefResolver resolver() {
        return ActorRefResolver.get(system);
    }

    /// A reference to an actor that doesn't exist, always with the same path.
    <T> ActorRef<T> actor(String name) {
        return resolver().resolveActorRef("pekko://golden/user/" + name + "#42");
    }

    @Override
    public void close() {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
    }
}
