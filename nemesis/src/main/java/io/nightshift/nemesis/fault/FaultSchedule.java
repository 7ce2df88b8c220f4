package io.nightshift.nemesis.fault;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/// The order of the faults: each fault once in a random order, then again in another random order.
public final class FaultSchedule {

    private final List<Fault> faults;
    private final Random random;
    private final Deque<Fault> next = new ArrayDeque<>();

    public FaultSchedule(List<Fault> faults, Random random) {
        this.faults = List.copyOf(faults);
        this.random = random;
    }

    public Fault next() {
        if (next.isEmpty()) {
            List<Fault> shuffled = new ArrayList<>(faults);
            Collections.shuffle(shuffled, random);
            next.addAll(shuffled);
        }
        return next.pop();
    }
}
