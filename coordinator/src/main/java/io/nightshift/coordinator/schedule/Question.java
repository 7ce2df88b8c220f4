package io.nightshift.coordinator.schedule;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Something that is asked of others, again and again until it is answered.
final class Question {

    /// After this time, an answer that did not come is not waited for any longer.
    static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(5);

    /// When it was asked; null while it is not under way.
    @Nullable
    Long since;

    /// When what the question needs was first away; null if it was not.
    @Nullable
    Long awaySince;

    /// Whether it is due, but waits for something else than a time.
    boolean isHeld;

    long next;
    Duration delay;

    Question(long next, Duration delay) {
        this.next = next;
        this.delay = delay;
    }

    boolean isUnderWay(long nanos) {
        return since != null && nanos - since < ANSWER_TIMEOUT.toNanos();
    }

    boolean isDue(long nanos) {
        return !isUnderWay(nanos) && next - nanos <= 0;
    }

    void ask(long nanos) {
        since = nanos;
    }

    /// Asks again later, the next time after a longer time.
    void postpone(long nanos, Duration longest) {
        since = null;
        next = nanos + delay.toNanos();
        Duration twice = delay.multipliedBy(2);
        delay = twice.compareTo(longest) < 0 ? twice : longest;
    }

    long wake() {
        return since == null ? next : since + ANSWER_TIMEOUT.toNanos();
    }
}
