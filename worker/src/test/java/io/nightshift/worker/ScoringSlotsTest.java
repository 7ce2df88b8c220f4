package io.nightshift.worker;

import io.nightshift.worker.ScoringSlots.Acquire;
import io.nightshift.worker.ScoringSlots.Granted;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ScoringSlotsTest {

    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration SILENCE = Duration.ofMillis(150);

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void noMoreWorkersAreGrantedThanThereAreSlots() {
        ActorRef<Acquire> slots = KIT.spawn(ScoringSlots.create(2));
        TestProbe<Granted> first = acquire(slots);
        TestProbe<Granted> second = acquire(slots);
        TestProbe<Granted> third = acquire(slots);
        first.expectMessageClass(Granted.class);
        second.expectMessageClass(Granted.class);
        third.expectNoMessage(SILENCE);
    }

    @Test
    void aWorkerThatAsksTwiceHoldsOneSlot() {
        ActorRef<Acquire> slots = KIT.spawn(ScoringSlots.create(2));
        TestProbe<Granted> first = acquire(slots);
        slots.tell(new Acquire(first.ref()));
        TestProbe<Granted> second = acquire(slots);
        first.expectMessageClass(Granted.class);
        second.expectMessageClass(Granted.class);
        first.expectNoMessage(SILENCE);
    }

    @Test
    void theSlotOfAWorkerThatStopsGoesToTheNextThatLives() {
        ActorRef<Acquire> slots = KIT.spawn(ScoringSlots.create(1));
        TestProbe<Granted> first = acquire(slots);
        TestProbe<Granted> gone = acquire(slots);
        TestProbe<Granted> next = acquire(slots);
        TestProbe<Granted> last = acquire(slots);
        first.expectMessageClass(Granted.class);
        gone.stop();
        next.expectNoMessage(SILENCE);
        first.stop();
        next.expectMessageClass(Granted.class);
        last.expectNoMessage(SILENCE);
    }

    private static TestProbe<Granted> acquire(ActorRef<Acquire> slots) {
        TestProbe<Granted> worker = KIT.createTestProbe(Granted.class);
        slots.tell(new Acquire(worker.ref()));
        return worker;
    }
}
