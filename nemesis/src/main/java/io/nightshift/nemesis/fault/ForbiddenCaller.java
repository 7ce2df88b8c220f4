package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A caller that may submit jobs, and tries again and again to do what needs another role.
final class ForbiddenCaller {

    /// Something that the caller must not do.
    ///
    /// @param name in words
    record Attempt(String name, Action action) {}

    /// An action of a caller.
    @FunctionalInterface
    interface Action {
        /// @return why the caller was refused; null if it was not
        @Nullable
        String refusal();
    }

    private final List<Attempt> attempts;
    private final List<String> accepted = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private volatile int refused;

    /// Not an interruption of the thread: a command that starts an actor system swallows it.
    private volatile boolean hasEnded;

    private volatile boolean hasGivenUp;

    private ForbiddenCaller(List<Attempt> attempts) {
        this.attempts = List.copyOf(attempts);
        this.thread = Thread.ofVirtual().unstarted(this::call);
    }

    static ForbiddenCaller start(List<Attempt> attempts) {
        ForbiddenCaller caller = new ForbiddenCaller(attempts);
        caller.thread.start();
        return caller;
    }

    /// A caller that tries to pause, cancel and delete the running batch.
    static ForbiddenCaller start(NemesisCluster cluster, String batch) {
        return start(Stream.of("pause", "cancel", "delete")
                .map(verb -> new Attempt(
                        "%s %s".formatted(verb, batch), () -> refusal(cluster.batchAsSubmitter(verb, batch))))
                .toList());
    }

    /// Why a command failed; null if it did not.
    static @Nullable String refusal(CommandResult result) {
        return result.status() == 0 ? null : result.err();
    }

    private void call() {
        int[] refusals = new int[attempts.size()];
        for (int i = 0; !hasEnded || (IntStream.of(refusals).anyMatch(count -> count == 0) && !hasGivenUp); i++) {
            int next = i % refusals.length;
            String refusal = attempts.get(next).action().refusal();
            if (refusal == null) {
                accepted.add(attempts.get(next).name());
                return;
            }
            if (refusal.contains("role")) {
                refusals[next]++;
                refused =
                        (int) IntStream.of(refusals).filter(count -> count > 0).count();
            }
        }
    }

    /// Stops the caller, after each attempt was refused for the caller's role.
    ///
    /// @throws IOException if the caller was allowed to do something, or an attempt is never refused for the role
    void end() throws IOException {
        hasEnded = true;
        try {
            thread.join(TimeUnit.MINUTES.toMillis(2));
            hasGivenUp = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        if (!accepted.isEmpty()) {
            throw new IOException("the role submit was allowed: " + String.join(", ", accepted));
        }
        if (refused < attempts.size()) {
            throw new IOException("a caller was not refused for its role in two minutes: %d of %d attempts were"
                    .formatted(refused, attempts.size()));
        }
    }
}
