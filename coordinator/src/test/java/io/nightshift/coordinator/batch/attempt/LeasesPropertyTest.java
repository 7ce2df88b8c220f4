package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.CommittedPartitions;
import io.nightshift.protocol.batch.Epoch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Compares leases, over random sequences of calls, with a model that is too simple to be wrong: one record
/// for each partition.
class LeasesPropertyTest {

    private static final long DURATION = 10;

    private enum Kind {
        LEASE,
        HEARTBEAT,
        EXPIRE,
        RELEASE,
        COMMIT,
        REPEAT_RELEASE
    }

    /// @param pick chooses one of the candidates
    /// @param passes the time that passes before the step
    record Step(Kind kind, int pick, int passes) {}

    private static final class Partition {
        Epoch holder = new Epoch(1, 1);
        boolean held;
        boolean committed;
        long deadline;
        boolean returned;
        long notBefore;
    }

    @Provide
    Arbitrary<List<Step>> lives() {
        Arbitrary<Step> step = Combinators.combine(
                        Arbitraries.frequency(
                                net.jqwik.api.Tuple.of(5, Kind.LEASE),
                                net.jqwik.api.Tuple.of(2, Kind.HEARTBEAT),
                                net.jqwik.api.Tuple.of(1, Kind.EXPIRE),
                                net.jqwik.api.Tuple.of(2, Kind.RELEASE),
                                net.jqwik.api.Tuple.of(3, Kind.COMMIT),
                                net.jqwik.api.Tuple.of(1, Kind.REPEAT_RELEASE)),
                        Arbitraries.integers().between(0, 1000),
                        Arbitraries.integers().between(0, 6))
                .as(Step::new);
        return step.list().ofMaxSize(80);
    }

    @Property(tries = 2000)
    void leasesAreExclusiveAndNothingCommittedIsLeasedAgain(@ForAll("lives") List<Step> life) {
        int partitions = 4;
        // A monotonic clock may start anywhere. This one overflows soon.
        long now = Long.MAX_VALUE - 20;
        Leases leases = new Leases(7, partitions, DURATION);
        CommittedPartitions committed = CommittedPartitions.empty(partitions);
        Map<Integer, Partition> model = new HashMap<>();
        for (int i = 0; i < partitions; i++) {
            model.put(i, new Partition());
        }
        Map<Integer, Epoch> lastReleased = new HashMap<>();
        Set<Epoch> granted = new HashSet<>();
        Epoch last = new Epoch(7, Integer.MAX_VALUE);
        boolean any = false;

        for (Step step : life) {
            now += step.passes();
            List<Integer> held = new ArrayList<>();
            model.forEach((id, partition) -> {
                if (partition.held) {
                    held.add(id);
                }
            });
            int chosen = held.isEmpty() ? -1 : held.get(step.pick() % held.size());
            switch (step.kind()) {
                case LEASE -> {
                    OptionalInt next = leases.nextPartition(committed, now);
                    Set<Integer> free = new HashSet<>();
                    for (Map.Entry<Integer, Partition> entry : model.entrySet()) {
                        Partition partition = entry.getValue();
                        boolean waits = partition.returned && partition.notBefore - now > 0;
                        if (!partition.held && !partition.committed && !waits) {
                            free.add(entry.getKey());
                        }
                    }
                    assertThat(next.isPresent()).isEqualTo(!free.isEmpty());
                    if (next.isPresent()) {
                        assertThat(free).contains(next.getAsInt());
                        Leases.Holder holder = ExampleBatch.holder("node");
                        Epoch epoch = leases.grant(next.getAsInt(), holder, now).epoch();
                        assertThat(leases.currentLease(holder, now))
                                .isEqualTo(new Leases.GrantedLease(next.getAsInt(), epoch));
                        assertThat(granted.add(epoch)).isTrue();
                        assertThat(any ? epoch.compareTo(last) : 1).isPositive();
                        last = epoch;
                        any = true;
                        Partition partition = partition(model, next.getAsInt());
                        partition.held = true;
                        partition.holder = epoch;
                        partition.deadline = now + DURATION;
                        partition.returned = false;
                    }
                }
                case HEARTBEAT -> {
                    if (chosen >= 0) {
                        Partition partition = partition(model, chosen);
                        assertThat(leases.heartbeat(chosen, partition.holder, step.pick(), null, now))
                                .isTrue();
                        partition.deadline = now + DURATION;
                    }
                }
                case EXPIRE -> {
                    List<Leases.ExpiredLease> expired = leases.expired(now);
                    List<Integer> expected = new ArrayList<>();
                    for (int id : held) {
                        if (partition(model, id).deadline - now < 0) {
                            expected.add(id);
                        }
                    }
                    assertThat(expired)
                            .extracting(Leases.ExpiredLease::partition)
                            .containsExactlyInAnyOrderElementsOf(expected);
                    for (Leases.ExpiredLease lease : expired) {
                        assertThat(lease.epoch()).isEqualTo(partition(model, lease.partition()).holder);
                        leases.release(lease.partition(), lease.epoch(), now);
                        partition(model, lease.partition()).held = false;
                        partition(model, lease.partition()).returned = true;
                        partition(model, lease.partition()).notBefore = now;
                        lastReleased.put(lease.partition(), lease.epoch());
                    }
                }
                case RELEASE -> {
                    if (chosen >= 0) {
                        Partition partition = partition(model, chosen);
                        leases.release(chosen, partition.holder, now + step.pick() % 7);
                        partition.held = false;
                        partition.returned = true;
                        partition.notBefore = now + step.pick() % 7;
                        lastReleased.put(chosen, partition.holder);
                    }
                }
                case REPEAT_RELEASE -> {
                    int id = step.pick() % partitions;
                    Epoch epoch = lastReleased.get(id);
                    if (epoch != null) {
                        leases.release(id, epoch, now);
                        assertThat(leases.heartbeat(id, epoch, 0, null, now)).isFalse();
                    }
                }
                case COMMIT -> {
                    if (chosen >= 0) {
                        Partition partition = partition(model, chosen);
                        assertThat(leases.holds(chosen, partition.holder)).isTrue();
                        committed = committed.withCommits(List.of(ExampleBatch.commit(chosen, partition.holder, 0)));
                        leases.committed(chosen);
                        partition.held = false;
                        partition.committed = true;
                    }
                }
            }
            for (Map.Entry<Integer, Partition> entry : model.entrySet()) {
                assertThat(leases.holds(entry.getKey(), entry.getValue().holder))
                        .isEqualTo(entry.getValue().held);
            }
            assertThat(leases.inFlight()).isEqualTo((int)
                    model.values().stream().filter(partition -> partition.held).count());
        }

        // At the end, exactly the partitions that are not committed can be leased.
        long end = now + 100;
        for (Leases.ExpiredLease lease : leases.expired(end)) {
            leases.release(lease.partition(), lease.epoch(), end);
        }
        Set<Integer> rest = new HashSet<>();
        for (OptionalInt next = leases.nextPartition(committed, end);
                next.isPresent();
                next = leases.nextPartition(committed, end)) {
            assertThat(rest.add(next.getAsInt())).isTrue();
            leases.grant(next.getAsInt(), ExampleBatch.holder("node"), end);
        }
        Set<Integer> open = new HashSet<>();
        model.forEach((id, partition) -> {
            if (!partition.committed) {
                open.add(id);
            }
        });
        assertThat(rest).isEqualTo(open);
    }

    private static Partition partition(Map<Integer, Partition> model, int id) {
        return java.util.Objects.requireNonNull(model.get(id));
    }
}
