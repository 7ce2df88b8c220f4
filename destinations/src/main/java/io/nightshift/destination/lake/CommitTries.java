package io.nightshift.destination.lake;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/// Repeats a commit to a table until no commit of another program comes before it. Each try decides on the newest
/// state of the table whether the commit is still wanted.
public final class CommitTries {

    /// Some dozen programs that commit at a time give way to each other so often.
    private static final int LIMIT = 20;

    private static final int LONGEST_PAUSE_MILLIS = 400;

    /// The result of one try.
    public enum Result {
        COMMITTED,
        /// There is nothing to commit.
        UNNEEDED,
        /// Another program's commit came first.
        OUTDATED
    }

    private CommitTries() {}

    /// @param table the name of the table
    /// @param title the table for messages, such as `the Delta table lake/scores`
    /// @param attempt one try, which may throw to end the repetition
    /// @return whether something was committed
    /// @throws FailureException transient, if other commits always come first
    public static boolean commit(String table, String title, Supplier<Result> attempt) {
        for (int i = 0; i < LIMIT; i++) {
            switch (attempt.get()) {
                case COMMITTED -> {
                    return true;
                }
                case UNNEEDED -> {
                    return false;
                }
                case OUTDATED -> pause();
            }
        }
        throw new FailureException(Failure.of(
                FailedResource.Type.DATABASE,
                table,
                "other programs change %s so often that no commit succeeded in %d tries".formatted(title, LIMIT)));
    }

    private static void pause() {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(1, LONGEST_PAUSE_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException(Failure.transientFailure("interrupted while a table was changed"), e);
        }
    }
}
