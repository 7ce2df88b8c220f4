package io.nightshift.source;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;

/// Does the same with many things, in order. Where that waits for the network, some of the next are begun on
/// threads of their own. For one thread.
///
/// @param <T> the things
/// @param <R> the results
public final class Lookahead<T, R> {

    private static final int AHEAD = 16;

    /// The work on each thing.
    ///
    /// @param <T> the thing
    /// @param <R> the result
    @FunctionalInterface
    public interface Work<T, R> {
        R on(T thing) throws IOException;
    }

    private final Iterator<T> things;
    private final Predicate<T> waits;
    private final Work<T, R> work;
    private final Queue<FutureTask<R>> begun = new ArrayDeque<>();

    /// @param waits whether the work waits for the network
    public Lookahead(List<T> things, Predicate<T> waits, Work<T, R> work) {
        this.things = things.iterator();
        this.waits = waits;
        this.work = work;
    }

    /// The result of the next thing.
    ///
    /// @throws IOException the work's
    public R next() throws IOException {
        while (begun.size() < AHEAD && things.hasNext()) {
            T thing = things.next();
            FutureTask<R> task = new FutureTask<>(() -> work.on(thing));
            begun.add(task);
            if (!waits.test(thing)) {
                task.run();
                break;
            }
            Thread.ofVirtual().name("lookahead").start(task);
        }
        try {
            return begun.remove().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException known -> throw known;
                case RuntimeException known -> throw known;
                case null, default -> throw new IllegalStateException("work ahead ended unexpectedly", e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
