package io.nightshift.nemesis.workload;

import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Callers that request one redrive. Each of them repeats its request, as somebody does whose connection was cut,
/// until the redrive has ended.
public final class RedriveCallers {

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final NemesisCluster cluster;
    private final Workload workload;
    private final BatchOutput output;
    private final String batch;
    private final List<Thread> callers = new CopyOnWriteArrayList<>();
    private volatile boolean hasGivenUp;
    private volatile String lastAnswer = "none";
    private volatile long lastEnd = Long.MIN_VALUE;

    /// @param batch published, with quarantined rows
    public RedriveCallers(NemesisCluster cluster, Workload workload, BatchOutput output, String batch) {
        this.cluster = cluster;
        this.workload = workload;
        this.output = output;
        this.batch = batch;
    }

    /// Starts one more caller.
    public void add() {
        callers.add(Thread.ofPlatform().daemon().name("redrive").start(this::request));
    }

    private void request() {
        while (!hasGivenUp) {
            CommandResult answer = workload.redrive(cluster, output, batch);
            lastAnswer = (answer.out() + answer.err()).strip();
            if (answer.status() == 0 || isPublished()) {
                lastEnd = System.nanoTime();
                return;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /// A repeated request finds no more rows that it can heal, so it is refused or fails.
    private boolean isPublished() {
        try {
            return RedriveTrial.isPublished(cluster.events(batch));
        } catch (IOException notAnswered) {
            return false;
        }
    }

    /// Whether all callers know that the redrive has ended.
    public boolean haveEnded() {
        return callers.stream().noneMatch(Thread::isAlive);
    }

    /// The time at which the last caller knew the end, unless that was before another time.
    public @Nullable Long endedAfter(long time) {
        return lastEnd == Long.MIN_VALUE || lastEnd - time <= 0 ? null : lastEnd;
    }

    /// Lets the callers request nothing more.
    ///
    /// @return the last answer that one of them got
    public String giveUp() {
        hasGivenUp = true;
        return lastAnswer;
    }
}
