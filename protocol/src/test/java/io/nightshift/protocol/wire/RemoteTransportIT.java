package io.nightshift.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.BatchStatusBuilder;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two actor systems, and the real transport between them.
@Timeout(300)
class RemoteTransportIT {

    private static final List<String> FAULTS =
            List.of("truncated", "corrupt length", "unknown class", "unknown message", "oversize");
    private static final EntityTypeKey<BatchCommand> KEY = EntityTypeKey.create(BatchCommand.class, "batch");

    private final ActorTestKit sender = node("sender", FaultySerializer.class);
    private final ActorTestKit reader = node("coordinator", KryoSerializer.class);

    private static ActorTestKit node(String role, Class<?> serializer) {
        return ActorTestKit.create(
                "nightshift",
                ConfigFactory.parseString("""
                                pekko {
                                  loglevel = OFF
                                  stdout-loglevel = OFF
                                  actor.provider = cluster
                                  actor.serializers.nightshift-wire = "%s"
                                  actor.default-dispatcher.executor = thread-pool-executor
                                  actor.internal-dispatcher.executor = thread-pool-executor
                                  remote.artery.transport = tcp
                                  remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                                  cluster { roles = [%s], jmx.enabled = off, min-nr-of-members = 2 }
                                  cluster.sharding.distributed-data.durable.keys = []
                                }
                                """.formatted(serializer.getName(), role))
                        .withFallback(ConfigFactory.load()));
    }

    @AfterEach
    void stop() {
        sender.shutdownTestKit();
        reader.shutdownTestKit();
    }

    @Test
    void aMalformedMessageIsDroppedAndTheConnectionContinues() {
        TestProbe<BatchRegisterCommand.SubmitReply> probe = reader.createTestProbe();
        ActorRef<BatchRegisterCommand.SubmitReply> remote = ActorRefResolver.get(sender.system())
                .resolveActorRef(ActorRefResolver.get(reader.system()).toSerializationFormat(probe.ref()));
        List<BatchRegisterCommand.SubmitReply> good = new ArrayList<>();

        for (int i = 0; i < 200; i++) {
            for (String fault : FAULTS) {
                BatchRegisterCommand.SubmitReply message = new BatchRegisterCommand.TooManyOpen(fault + " " + i);
                good.add(message);
                remote.tell(message);
                remote.tell(new BatchRegisterCommand.TooManyOpen(fault));
            }
        }
        // So large that its sender refuses it.
        remote.tell(new BatchRegisterCommand.TooManyOpen("x".repeat(WireLimits.MESSAGE)));
        BatchRegisterCommand.SubmitReply last = new BatchRegisterCommand.TooManyOpen("the end");
        good.add(last);
        remote.tell(last);

        // A broken connection would lose or reorder messages.
        assertThat(probe.receiveSeveralMessages(good.size(), Duration.ofMinutes(1)))
                .isEqualTo(good);
    }

    @Test
    void aShardedBatchOnAnotherNodeAnswers() {
        Cluster first = Cluster.get(sender.system());
        Cluster second = Cluster.get(reader.system());
        first.manager().tell(Join.create(first.selfMember().address()));
        second.manager().tell(Join.create(first.selfMember().address()));
        await().atMost(Duration.ofMinutes(2))
                .until(() -> second.selfMember().status().equals(MemberStatus.up()));
        for (ActorTestKit node : List.of(sender, reader)) {
            ClusterSharding.get(node.system())
                    .init(Entity.of(
                                    KEY,
                                    entity -> Behaviors.<BatchCommand>receiveMessage(message -> {
                                        if (message instanceof BatchCommand.Describe(ActorRef<BatchStatus> replyTo)) {
                                            replyTo.tell(status(entity.getEntityId()));
                                        }
                                        return Behaviors.same();
                                    }))
                            .withRole("coordinator"));
        }
        TestProbe<BatchStatus> asker = sender.createTestProbe();

        ClusterSharding.get(sender.system())
                .entityRefFor(KEY, "flights-1")
                .tell(new BatchCommand.Describe(asker.ref()));

        assertThat(asker.receiveMessage(Duration.ofMinutes(1))).isEqualTo(status("flights-1"));
    }

    private static BatchStatus status(String batch) {
        return BatchStatusBuilder.builder()
                .batch(new BatchId(batch))
                .description(BatchDescriptionBuilder.builder()
                        .batch(batch)
                        .job("flights")
                        .model("delays@3")
                        .state("running")
                        .submittedAt(Instant.EPOCH)
                        .incarnation(1)
                        .rows(2)
                        .partitions(4)
                        .committed(5)
                        .read(7)
                        .predictions(8)
                        .quarantined(9)
                        .bytes(10)
                        .destination("/out")
                        .ledger(new BatchDescription.LedgerHead(12, "head"))
                        .progress(new BatchDescription.Progress(3, 6, 11, false))
                        .build())
                .build();
    }
}
