package io.nightshift.worker.scoring;

import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.source.BoundJob.Feature;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One attempt's scoring on one thread: collects a block of features, runs the scorer, and keeps
/// the outputs until the query has read them by their tickets.
///
/// A ticket is the row's number within the attempt. The outputs of the last [#KEPT] rows are kept;
/// a query reads a row's outputs right after it was scored, long before they are overwritten.
public final class ScoringSession {

    static final int BLOCK = 2048;
    static final int KEPT = 8 * BLOCK;

    /// A model that fails for so many rows, and scores none, fails the attempt.
    public static final int MOST_FAILING = 10_000;

    private static final ThreadLocal<@Nullable ScoringSession> CURRENT = new ThreadLocal<>();

    private final Scorer scorer;
    /// Asked whether the model can score a row.
    private final Scorer trial;
    private final UnseenCounter unseen;
    private final CheckCounter checks;
    private final double[][] features;
    private final TextTable texts;
    /// The positions of the features in the order of a function's arguments: the texts come first.
    private final int[] arguments;
    private final int textArguments;
    private final int[] textSizes;
    private final TopClasses top;
    /// The arrays that the scorer fills.
    private final double[][] outputs;
    /// The same, and after them the most probable classes.
    private final double[][] block;
    private final double[][] kept;
    private final long[] tickets = new long[BLOCK];
    private final double[] wanted = new double[BLOCK];
    private final AtomicLong rows;
    private final AtomicLong firstScored;

    /// Makes unseen categories missing as `unseen` does, and its counts are not read.
    private final UnseenCounter ignored;

    /// A part of a block, for [#failures]; without rows until it is needed.
    private double[][] part = {};

    private boolean hasModelFailed;

    private int queries;

    /// The rows of which the first query asked [#failures], and those of them that the model can't score.
    private long tried;

    private long failed;

    private @Nullable String modelFailure;

    /// @param scorer throws a [ModelFailure] if the model fails for a row
    /// @param trial the same; asked about rows that may also be scored, before
    /// @param unseen looks at the features of each block before they are scored
    /// @param ignored as `unseen`, for rows of which it is only asked whether the model fails for them
    /// @param checks counts values of columns of each block
    /// @param features of the model, in its order
    /// @param texts where the scorers find the texts of a block
    /// @param outputs the number of outputs of the scorer
    /// @param top the most probable classes, which follow the outputs
    /// @param rows counts the rows scored, for others to read
    /// @param firstScored set, if it is 0, to the milliseconds since 1970 when a row is first scored
    public ScoringSession(
            Scorer scorer,
            Scorer trial,
            UnseenCounter unseen,
            UnseenCounter ignored,
            CheckCounter checks,
            List<Feature> features,
            TextTable texts,
            int outputs,
            TopClasses top,
            AtomicLong rows,
            AtomicLong firstScored) {
        this.scorer = scorer;
        this.trial = trial;
        this.unseen = unseen;
        this.ignored = ignored;
        this.checks = checks;
        this.features = new double[features.size()][BLOCK];
        this.texts = texts;
        this.arguments = IntStream.concat(
                        positions(features).filter(i -> features.get(i).isText()),
                        positions(features).filter(i -> !features.get(i).isText()))
                .toArray();
        this.textArguments = (int) features.stream().filter(Feature::isText).count();
        this.textSizes = new int[textArguments == 0 ? 0 : BLOCK];
        this.top = top;
        this.block = new double[outputs + top.columns()][BLOCK];
        this.outputs = Arrays.copyOf(block, outputs);
        this.kept = new double[block.length][KEPT];
        this.rows = rows;
        this.firstScored = firstScored;
    }

    private static IntStream positions(List<Feature> features) {
        return IntStream.range(0, features.size());
    }

    /// Runs a query in whose course this thread's rows are scored by this session.
    public <T, X extends Exception> T callInSession(Query<T, X> query) throws X {
        if (CURRENT.get() != null) {
            throw new IllegalStateException("this thread is scoring already");
        }
        CURRENT.set(this);
        queries++;
        try {
            return query.run();
        } finally {
            CURRENT.remove();
        }
    }

    @FunctionalInterface
    public interface Query<T, X extends Exception> {
        T run() throws X;
    }

    /// @throws IllegalStateException if the thread is not scoring an attempt
    static ScoringSession current() {
        ScoringSession session = CURRENT.get();
        if (session == null) {
            throw new IllegalStateException("a row was scored outside an attempt");
        }
        return session;
    }

    /// The columns of a block: those of the features, and then those that only the checks count.
    int columns() {
        return features.length + checks.columns();
    }

    /// The arguments that are texts, which come first.
    int textColumns() {
        return textArguments;
    }

    /// Where to put the texts of the next block; a column has their numbers.
    TextTable texts() {
        return texts;
    }

    /// Room for the sizes of the texts of an argument.
    int[] textSizes() {
        return textSizes;
    }

    /// Where to put the values of an argument for the next block.
    double[] column(int column) {
        return column < features.length ? features[arguments[column]] : checks.column(column - features.length);
    }

    /// Scores the rows put into the columns.
    ///
    /// @param count 0 to [#BLOCK]
    /// @return their tickets, until the next call
    long[] score(int count) {
        // Before the counter of categories changes values.
        checks.countColumns(features, count);
        unseen.check(features, count);
        try {
            scorer.score(features, count, outputs);
        } catch (ModelFailure e) {
            hasModelFailed = true;
            throw e;
        }
        checks.countPredictions(outputs, count);
        top.select(outputs, count, block, outputs.length);
        long first = rows.get();
        int at = (int) (first % KEPT);
        int head = Math.min(count, KEPT - at);
        for (int k = 0; k < kept.length; k++) {
            System.arraycopy(block[k], 0, kept[k], at, head);
            System.arraycopy(block[k], head, kept[k], 0, count - head);
        }
        rows.addAndGet(count);
        if (first == 0) {
            firstScored.compareAndSet(0, System.currentTimeMillis());
        }
        for (int row = 0; row < count; row++) {
            tickets[row] = first + row;
        }
        return tickets;
    }

    /// Whether the model has failed for a row that was to be scored.
    public boolean hasModelFailed() {
        return hasModelFailed;
    }

    /// Why the model fails for each of the first [#MOST_FAILING] rows or more, so that the rows are not the
    /// reason; null if it does not.
    public @Nullable String modelFailure() {
        return modelFailure;
    }

    /// The columns of the features, which come first.
    int featureColumns() {
        return features.length;
    }

    /// Finds the rows that the model can't score, among those put into the columns of the features. It halves
    /// a block that fails until each row is alone: so a block with one such row takes the time of about two
    /// blocks, and one of such rows only as many calls as twice its rows. Counts nothing, and changes no outputs
    /// that are kept.
    ///
    /// @param count 0 to [#BLOCK]
    /// @return why the model fails for each row; null for a row that it can score
    /// @throws ModelFailure if there is a [#modelFailure()] now
    @Nullable
    String[] failures(int count) {
        ignored.check(features, count);
        @Nullable String[] failures = new String[count];
        find(0, count, failures);
        if (queries == 1) {
            tried += count;
            for (String failure : failures) {
                failed += failure == null ? 0 : 1;
            }
            if (failed >= MOST_FAILING && failed == tried) {
                modelFailure = failures[count - 1];
                throw new ModelFailure(new IllegalStateException(modelFailure));
            }
        }
        return failures;
    }

    private void find(int from, int to, @Nullable String[] failures) {
        if (from == to) {
            return;
        }
        try {
            trial.score(rows(from, to), to - from, outputs);
        } catch (ModelFailure e) {
            if (to - from == 1) {
                failures[from] = e.getMessage();
                return;
            }
            int middle = (from + to) >>> 1;
            find(from, middle, failures);
            find(middle, to, failures);
        }
    }

    private double[][] rows(int from, int to) {
        if (from == 0) {
            return features;
        }
        if (part.length != features.length) {
            part = new double[features.length][BLOCK / 2 + 1];
        }
        for (int feature = 0; feature < features.length; feature++) {
            System.arraycopy(features[feature], from, part[feature], 0, to - from);
        }
        return part;
    }

    /// Where to put the tickets of the rows whose outputs are wanted next.
    long[] tickets() {
        return tickets;
    }

    /// @param output 0 for the prediction, then the probabilities, the margins and the most probable classes
    /// @param count of tickets
    /// @return that output of each row whose ticket was put there, until the next call
    double[] outputs(int output, int count) {
        double[] values = kept[output];
        long scored = rows.get();
        for (int row = 0; row < count; row++) {
            long ticket = tickets[row];
            if (ticket < scored - KEPT || ticket >= scored) {
                throw new IllegalStateException("the outputs of row " + ticket + " are not kept any more");
            }
            wanted[row] = values[(int) (ticket % KEPT)];
        }
        return wanted;
    }
}
