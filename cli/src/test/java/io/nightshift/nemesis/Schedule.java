package io.nightshift.nemesis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/// Which fault comes next: each once in a random order, then again in another.
final class Schedule {

    private final List<Fault> faults;
    private final Random random;
    private final Deque<Fault> next = new ArrayDeque<>();

    Schedule(List<Fault> faults, Random random) {
        this.faults = List.copyOf(faults);
        this.random = random;
    }

    Fault next() {
        if (next.isEmpty()) {
            List<Fault> shuffled = new ArrayList<>(faults);
            Collections.shuffle(shuffled, random);
            next.addAll(shuffled);
        }
        return next.pop();
    }
}
