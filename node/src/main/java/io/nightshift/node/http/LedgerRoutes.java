package io.nightshift.node.http;

import io.nightshift.api.LedgerLine;
import io.nightshift.api.operation.ClusterApi;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerCheck;
import io.nightshift.coordinator.ledger.LedgerFile;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.batch.BatchId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// The check and the export of the whole ledger, as streams of events. They tell all about all batches, so they
/// need the role `admin`.
final class LedgerRoutes {

    /// The checks and exports of a node at the same time. Each reads the whole ledger.
    private static final int AT_ONCE = 1;

    private static final int RETRY_SECONDS = 30;

    private final Ledger ledger;
    private final Executor blocking;
    private final Semaphore free = new Semaphore(AT_ONCE);

    /// @param blocking runs what waits, for as long as it takes
    LedgerRoutes(Ledger ledger, Executor blocking) {
        this.ledger = ledger;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(ClusterApi.CHECK_LEDGER, this::check),
                new Endpoint(ClusterApi.EXPORT_LEDGER, this::export));
    }

    private CompletionStage<Answer> check(Call call) {
        return answer(() -> stream(events -> events.send("report", LedgerCheck.of(ledger))));
    }

    private CompletionStage<Answer> export(Call call) {
        String name = call.text("batch").orElse(null);
        return answer(() -> {
            BatchId only = name == null ? null : LedgerFile.named(ledger, name);
            Answer answer = stream(events -> events.send(
                    "export", LedgerFile.export(ledger, only, line -> events.send("line", new LedgerLine(line)))));
            AuditLog.log(call.caller(), "export-ledger", only == null ? null : only.value(), "done", "");
            return answer;
        });
    }

    private CompletionStage<Answer> answer(Supplier<Answer> answer) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return answer.get();
                    } catch (RuntimeException e) {
                        throw ExaminationRoutes.problem(e);
                    }
                },
                blocking);
    }

    private Answer stream(WorkStream.Work work) {
        if (!free.tryAcquire()) {
            throw ProblemException.tooMany(
                    "The node checks or exports the ledger already. Try again later, or ask another node.",
                    RETRY_SECONDS);
        }
        return Answer.of(WorkStream.begin(blocking, work, free::release));
    }
}
