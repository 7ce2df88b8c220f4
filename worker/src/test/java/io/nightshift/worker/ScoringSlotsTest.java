package io.nightshift.worker;

import com.typesafe.config.ConfigFactory;
import io.nightshift.worker.ScoringSlots.Acquire;
import io.nightshift.worker.ScoringSlots.Granted;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ScoringSlotsTest {

    private static final ActorTestKit KIT =
            ActorTestKit.create(ConfigFactory.parseString("pekko.actor.testkit.typed.single-expect-default = 20s")
                    .withFallback(ConfigFactory.load()));
    private static final Duration SILENCE = Duration.ofMillis(150);

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void noMoreWorkersAreGrantedThanThereAreSlots() {
        ActorRef<ScoringSlots.Command> slots = KIT.spawn(ScoringSlots.create(2));
        TestProbe<ScoringSlots.Notice> first = acquire(slots);
        TestProbe<ScoringSlots.Notice> second = acquire(slots);
        TestProbe<ScoringSlots.Notice> third = acquire(slots);
        first.expectMessageClass(Granted.class);
        second.expectMessageClass(Granted.class);
        third.expectNoMessage(SILENCE);
    }

    @Test
    void aWorkerThatAsksTwiceHoldsOneSlot() {
        ActorRef<ScoringSlots.Command> slots = KIT.spawn(ScoringSlots.create(2));
        TestProbe<ScoringSlots.Notice> first = acquire(slots);
        slots.tell(new Acquire(first.ref()));
        TestProbe<ScoringSlots.Notice> second = acquire(slots);
        first.expectMessageClass(Granted.class);
        second.expectMessageClass(Granted.class);
        first.expectNoMessage(SILENCE);
    }

    @Test
    void theSlotOfAWorkerThatStopsGoesToTheNextThatLives() {
        ActorRef<ScoringSlots.Command> slots = KIT.spawn(ScoringSlots.create(1));
        TestProbe<ScoringSlots.Notice> first = acquire(slots);
        TestProbe<ScoringSlots.Notice> gone = acquire(slots);
        TestProbe<ScoringSlots.Notice> next = acquire(slots);
        TestProbe<ScoringSlots.Notice> last = acquire(slots);
        first.expectMessageClass(Granted.class);
        gone.stop();
        next.expectNoMessage(SILENCE);
        first.stop();
        next.expectMessageClass(Granted.class);
        last.expectNoMessage(SILENCE);
    }

    @Test
    void closedSlotsAreRevokedAndTheNodeWaitsForTheirWorkers() {
        ActorRef<ScoringSlots.Command> slots = KIT.spawn(ScoringSlots.create(1));
        TestProbe<ScoringSlots.Notice> holder = acquire(slots);
        TestProbe<ScoringSlots.Notice> waiting = acquire(slots);
        holder.expectMessageClass(Granted.class);
        TestProbe<ScoringSlots.Closed> node = KIT.createTestProbe(ScoringSlots.Closed.class);

        slots.tell(new ScoringSlots.Close(node.ref()));
        holder.expectMessageClass(ScoringSlots.Revoked.class);
        node.expectNoMessage(SILENCE);
        holder.stop();

        node.expectMessageClass(ScoringSlots.Closed.class);
        waiting.expectNoMessage(SILENCE);
        slots.tell(new ScoringSlots.Close(node.ref()));
        node.expectMessageClass(ScoringSlots.Closed.class);
    }

    private static TestProbe<ScoringSlots.Notice> acquire(ActorRef<ScoringSlots.Command> slots) {
        TestProbe<ScoringSlots.Notice> worker = KIT.createTestProbe(ScoringSlots.Notice.class);
        slots.tell(new Acquire(worker.ref()));
        return worker;
    }
}
