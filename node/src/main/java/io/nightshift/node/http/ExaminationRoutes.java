package io.nightshift.node.http;

import io.nightshift.api.ReplayProgress;
import io.nightshift.api.operation.BatchApi;
import io.nightshift.node.check.BatchExaminations;
import io.nightshift.node.check.PartitionList;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/// Examinations of published batches: their first predictions, and, as streams of events, their verification and
/// their replay. They show values of rows, and use the node's memory and threads, so they need the role `submit`.
final class ExaminationRoutes {

    /// The verifications and replays of a node at the same time. Each uses memory of the node's DuckDB, which
    /// batches need.
    private static final int AT_ONCE = 1;

    private static final int RETRY_SECONDS = 30;

    private final BatchQueries batches;
    private final BatchExaminations examinations;
    private final int threads;
    private final Executor blocking;
    private final Semaphore free = new Semaphore(AT_ONCE);

    /// @param threads the most scoring threads of a replay
    /// @param blocking runs what waits, for as long as it takes
    ExaminationRoutes(BatchQueries batches, BatchExaminations examinations, int threads, Executor blocking) {
        this.batches = batches;
        this.examinations = examinations;
        this.threads = threads;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(BatchApi.PREDICTIONS, this::head),
                new Endpoint(BatchApi.VERIFY, this::verify),
                new Endpoint(BatchApi.REPLAY, this::replay));
    }

    private CompletionStage<Answer> head(Call call) {
        int rows = call.limit();
        return examined(call, batch -> {
            Answer answer = Answer.json(200, examinations.head(batch, rows));
            AuditLog.log(call.caller(), "read-predictions", batch.value(), "done", "");
            return answer;
        });
    }

    private CompletionStage<Answer> verify(Call call) {
        return examined(
                call,
                batch -> stream(events ->
                        events.send("proof", examinations.verify(batch, finding -> events.send("finding", finding)))));
    }

    private CompletionStage<Answer> replay(Call call) {
        List<Integer> listed =
                call.text("partitions").map(ExaminationRoutes::partitions).orElse(List.of());
        int wanted = (int) call.number("threads", 1, 1, threads);
        return examined(call, batch -> {
            BatchExaminations.PreparedReplay replay = examinations.prepareReplay(batch, listed);
            return stream(events -> events.send("report", replay.run(wanted, progress -> tell(events, progress))));
        });
    }

    private static List<Integer> partitions(String text) {
        try {
            return PartitionList.parse(text);
        } catch (FailureException e) {
            throw ProblemException.badRequest("The parameter partitions is invalid: %s.".formatted(e.getMessage()));
        }
    }

    private static void tell(WorkStream events, ReplayProgress progress) {
        if (progress.scored() == progress.partitions()) {
            events.send("progress", progress);
        } else {
            events.sendIfRead("progress", progress);
        }
    }

    /// Calls on a thread that may wait.
    private CompletionStage<Answer> examined(Call call, Function<BatchId, Answer> examination) {
        return batches.find(call.segment("batch"))
                .thenApplyAsync(
                        entry -> {
                            try {
                                return examination.apply(entry.batch());
                            } catch (RuntimeException e) {
                                throw problem(e);
                            }
                        },
                        blocking);
    }

    private Answer stream(WorkStream.Work work) {
        if (!free.tryAcquire()) {
            throw ProblemException.tooMany(
                    "The node verifies or replays another batch. Try again later, or ask another node.", RETRY_SECONDS);
        }
        return Answer.of(WorkStream.begin(blocking, work, free::release));
    }

    /// A failure as a problem for the caller.
    static ProblemException problem(RuntimeException thrown) {
        return switch (thrown) {
            case FailureException failure
            when failure.failure().isPermanent() ->
                ProblemException.conflict(failure.failure().message());
            case IllegalStateException damage
            when damage.getMessage() != null ->
                ProblemException.conflict(damage.getMessage() + "; `nightshift batch verify` reports the details");
            default -> ProblemException.of(thrown);
        };
    }
}
