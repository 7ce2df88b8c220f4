package io.nightshift.cli;

import io.nightshift.coordinator.forecast.Forecast;
import io.nightshift.coordinator.forecast.Forecaster;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Estimates how long a batch will take, from the job's earlier runs.
final class RunTimeEstimate {

    private RunTimeEstimate() {}

    /// Gives the estimate, or the reason why there is none, as a phrase for people.
    ///
    /// @param rows to be scored
    static String of(Job job, long rows, Configuration configuration, HomeFolder home) {
        try {
            Optional<String> forecast = configuration.journal() != null
                    ? of(job, rows, PostgresLedger.at(configuration.journal()))
                    : EmbeddedLedger.readIfFree(home.folder(), ledger -> of(job, rows, ledger))
                            .flatMap(known -> known);
            return forecast.orElse("unknown: no batch of this job has been published here");
        } catch (FailureException e) {
            return "unknown: " + e.getMessage();
        }
    }

    private static Optional<String> of(Job job, long rows, Ledger ledger) {
        BatchRegisterState register = ledger.register();
        List<PastRun> history = register.history(job.name());
        Forecast forecast = rows > 0 && history.size() > 1 ? Forecaster.ofRun(Instant.EPOCH, rows, history) : null;
        return forecast == null
                ? ofLastRun(job, rows, ledger, register)
                : Optional.of("about %s, with 95 %% at most %s, as the last %d runs"
                        .formatted(seconds(forecast.median()), seconds(forecast.late()), history.size()));
    }

    private static String seconds(Instant end) {
        return text(Duration.between(Instant.EPOCH, end).toMillis() / 1e3);
    }

    /// The register learns that a batch has ended after the fact, sometimes only in the next run. So an open
    /// batch is looked at too.
    private static Optional<String> ofLastRun(Job job, long rows, Ledger ledger, BatchRegisterState register) {
        return register.lastOfJob(job.name()).stream()
                .flatMap(batch -> ledger.rowsPerSecond(batch).stream()
                        .mapToObj(pace ->
                                "about %s, at the %,.0f rows/s of %s".formatted(text(rows / pace), pace, batch)))
                .findFirst();
    }

    private static String text(double seconds) {
        Duration duration = Duration.ofSeconds(Math.max(1, Math.round(seconds)));
        if (duration.toMinutes() == 0) {
            return duration.toSeconds() + " s";
        }
        if (duration.toHours() == 0) {
            return "%d min %d s".formatted(duration.toMinutes(), duration.toSecondsPart());
        }
        return "%d h %d min".formatted(duration.toHours(), duration.toMinutesPart());
    }
}
