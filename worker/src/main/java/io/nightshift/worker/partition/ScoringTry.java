package io.nightshift.worker.partition;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.source.BoundJob.Feature;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.SqlStatement;
import io.nightshift.worker.partition.StepTimes.Step;
import io.nightshift.worker.scoring.CheckCounter;
import io.nightshift.worker.scoring.ScoringSession;
import io.nightshift.worker.scoring.TopClasses;
import io.nightshift.worker.scoring.UnseenCounter;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.duckdb.DuckDBConnection;
import org.duckdb.ProfilerPrintFormat;
import org.jspecify.annotations.Nullable;

/// One try of an attempt to score its rows, with counters of its own.
///
/// @param session calls the scorers and counters from the query
/// @param unseen the unseen categories of the rows scored
/// @param checks the values that the job's checks count
/// @param comparison with another model
record ScoringTry(
        AttemptRun run,
        PartitionQuery query,
        ScoredRows scored,
        ScoringSession session,
        UnseenCounter unseen,
        CheckCounter checks,
        SecondModel.Comparison comparison) {

    static ScoringTry of(AttemptRun run, PartitionQuery query) {
        AttemptParts parts = run.parts();
        ModelDescription model = parts.model().description();
        int columns = model.features().size();
        ScoredRows scored = query.rows();
        List<Feature> features = scored.job().features();
        TextTable texts = new TextTable();
        SecondModel.Scorers scorers = run.second()
                .scorers(parts.model(), scored, parts.lease().attempt().partition(), texts);
        UnseenCounter unseen = new UnseenCounter(features);
        CheckCounter checks = new CheckCounter(
                parts.lease().job().checks(), query.checked(), columns, PredictionColumns.checked(model));
        ScoringSession session = new ScoringSession(
                measured(run, scorers.scorer()),
                measured(run, scorers.trial()),
                unseen,
                new UnseenCounter(features),
                checks,
                features,
                texts,
                model.outputs() + PredictionColumns.margins(scored.job(), model),
                TopClasses.of(parts.lease().job().output(), model),
                run.control().rowCounter(),
                parts.firstScored());
        return new ScoringTry(run, query, scored, session, unseen, checks, scorers.comparison());
    }

    private static Scorer measured(AttemptRun run, Scorer scorer) {
        return run.control().cancellable(run.clock().timed(scorer));
    }

    /// Writes the predictions of the good rows.
    ///
    /// @throws SQLException DuckDB's; [#again] says whether another try may succeed
    ScoredPartition write(AttemptRows rows) throws SQLException {
        LentConnection connection = run.connection();
        if (query.isEvaluated()) {
            run.held().requireAllColumns();
            for (String copy : query.copies()) {
                connection.execute(copy);
            }
            session.callInSession(() -> connection.execute(query.evaluation()));
        }
        run.clock().ended(Step.PREPARE);
        // A copy of the rows is not the source.
        boolean isSampled = !query.isEvaluated() && run.read().isSampleDue();
        PartitionWriter output = run.parts().output();
        long written = isSampled || run.clock().needsProfile()
                ? writeProfiled(output)
                : output.predictions(scored, new Scoring(session, connection));
        return new ScoredPartition(run, rows, this, written);
    }

    private long writeProfiled(PartitionWriter output) throws SQLException {
        LentConnection connection = run.connection();
        connection.pragma("enable_profiling = 'no_output'");
        Profiled execution = new Profiled(new Scoring(session, connection), connection);
        long written = output.predictions(scored, execution);
        String profile = Objects.requireNonNull(execution.profile, "the writer has executed nothing");
        connection.pragma("disable_profiling");
        run.read().profiled(profile);
        run.clock().queried(output.sending(), profile);
        return written;
    }

    /// The query for another try: it finds the rows for which an expression or the model fails, and they are
    /// quarantined. So only a partition with such rows pays for finding them.
    ///
    /// @throws SQLException `e`, if no row is the reason
    /// @throws FailureException permanent, if the model fails for any row
    PartitionQuery again(SQLException e) throws SQLException {
        String modelFailure = session.modelFailure();
        if (modelFailure != null) {
            throw FailureException.permanent("%s: the model fails for each of the first %,d rows: %s"
                    .formatted(run.control().doing(), ScoringSession.MOST_FAILING, modelFailure));
        }
        boolean ofModel = session.hasModelFailed() && !query.isolating();
        boolean ofExpression = DuckDbError.of(e) == DuckDbError.ROW && !query.careful();
        if (run.held().failure() != null || !(ofModel || ofExpression)) {
            throw e;
        }
        run.control().refuseIfCancelled();
        return new PartitionQuery(
                query.slices(),
                query.model(),
                query.careful() || !ofModel,
                query.isolating() || ofModel,
                query.limits());
    }

    /// Executes the writer's statements, which score the rows.
    private record Scoring(ScoringSession session, LentConnection connection) implements PartitionWriter.Execution {
        @Override
        public long run(String sql) throws SQLException {
            return session.callInSession(() -> connection.execute(sql));
        }

        @Override
        public long run(SqlStatement statement) throws SQLException {
            return session.callInSession(() -> connection.execute(statement));
        }
    }

    /// Keeps the profile of the first statement, which reads and scores the rows. A writer may execute others.
    private static final class Profiled implements PartitionWriter.Execution {
        private final Scoring scoring;
        private final LentConnection connection;
        private @Nullable String profile;

        Profiled(Scoring scoring, LentConnection connection) {
            this.scoring = scoring;
            this.connection = connection;
        }

        @Override
        public long run(String sql) throws SQLException {
            return profiled(scoring.run(sql));
        }

        @Override
        public long run(SqlStatement statement) throws SQLException {
            return profiled(scoring.run(statement));
        }

        private long profiled(long written) throws SQLException {
            if (profile == null) {
                profile = connection
                        .connection()
                        .unwrap(DuckDBConnection.class)
                        .getProfilingInformation(ProfilerPrintFormat.JSON);
            }
            return written;
        }
    }
}
