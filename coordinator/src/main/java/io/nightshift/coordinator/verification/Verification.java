package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.coordinator.batch.trial.CheckDecisions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.CommittedBatches;
import io.nightshift.coordinator.publish.CommittedStatistics;
import io.nightshift.coordinator.publish.LedgerMeasurements;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.verification.RecordIds.Comparison;
import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Submission;
import io.nightshift.source.PinComparison;
import io.nightshift.source.lake.InputLink;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Proves a batch from its ledger, its output and its input, trusting none of the code that wrote them. It
/// proves the chain of hashes; that the partitions are the input without gap or overlap, each committed once;
/// that readers see the committed output, unchanged, and nothing else; and that its rows are the input's
/// rows, each once. `docs/concepts/verification.md` says what each check proves, and what no check can prove.
///
/// For a batch that isn't published it proves what there is, and reports what is open. Tampering, damage and
/// unreadable files are findings, never exceptions. Changes nothing; blocking; for one thread.
public final class Verification {

    private final Ledger ledger;
    private final Destinations destinations;
    private final Consumer<Finding> listener;

    /// @param destinations that hold the output of batches
    /// @param listener gets each finding as soon as it is made
    public Verification(Ledger ledger, Destinations destinations, Consumer<Finding> listener) {
        this.ledger = ledger;
        this.destinations = destinations.with(ledger.rowSets());
        this.listener = listener;
    }

    /// Verifies a batch.
    public Proof prove(BatchId batch) {
        List<Finding> findings = new ArrayList<>();
        Consumer<Finding> found = finding -> {
            findings.add(finding);
            listener.accept(finding);
        };
        History history = History.read(ledger, batch, found);
        checkRegister(history, new Check("register", found));
        if (history.isWhole() && history.state().submission().reuse() != null) {
            new ReuseCheck(ledger, history).run(new Check("reused", found));
        }
        if (history.isWhole() && history.state().isComplete()) {
            checkResults(history, new Check("checks", found));
        }
        if (history.isSound() && history.state().submitted() != null) {
            IncrementalCheck.run(ledger, destinations, history.state(), found);
        }
        if (history.isWhole()) {
            checkOutput(history, found);
        } else {
            new Check("output", found).open("not checked, because there is no valid ledger to compare it with");
        }
        BatchState state = history.state();
        return new Proof(
                batch,
                state.phase(),
                state.plan() == null ? 0 : state.plan().partitions().rows(),
                state.entries(),
                state.head(),
                findings);
    }

    /// The hash chain can't show that entries are missing at its end; the batch register can.
    private void checkRegister(History history, Check register) {
        BatchId batch = history.state().batch();
        BatchRegisterState.Entry entry;
        Submission submission;
        try {
            entry = ledger.registered().find(batch).orElse(null);
            submission =
                    entry == null ? null : ledger.submission(batch, entry.at()).orElse(null);
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            register.problem("%s", e.getMessage());
            return;
        }
        if (entry == null || submission == null) {
            register.problem("the batch register doesn't have %s", batch);
            return;
        }
        BatchState state = history.state();
        if (state.submitted() != null) {
            if (!submission.job().equals(state.submitted().job())
                    || !submission.model().equals(state.submitted().model())
                    || !Objects.equals(submission.reuse(), state.submitted().reuse())
                    || !Objects.equals(submission.candidate(), state.submitted().candidate())) {
                register.problem("the batch was opened with another job or model than its ledger says");
            }
        }
        if (entry.end().isPresent() && !entry.end().get().equals(state.phase()) && history.isSound()) {
            register.problem(
                    "the batch ended as %s, but in its ledger it is %s after entry %,d: entries are missing at the end",
                    entry.end().get(), state.phase() == null ? "not begun" : state.phase(), state.entries());
        }
        register.proved("the batch register has it with the same job"
                + (entry.end().isPresent()
                        ? ", model and end"
                        : state.phase() != null && state.phase().isEnd()
                                ? " and model, and learns how it ended when a node starts again"
                                : " and model, as open"));
    }

    /// Compares the results of the job's checks with what the committed attempts have counted.
    private void checkResults(History history, Check check) {
        BatchState state = history.state();
        List<BatchCheck> checks = state.submission().job().checks();
        BatchEvent.Checked checked = state.checked();
        if (checks.isEmpty()) {
            return;
        }
        if (checked == null) {
            check.open("the results of %,d are not known yet", checks.size());
            return;
        }
        Measured measured;
        try {
            measured = new Measured(CommittedStatistics.read(ledger, state), baseline(checked));
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            check.open("not compared with the batch before: %s", e.getMessage());
            return;
        }
        List<CheckResult> results = CheckDecisions.results(state, measured);
        if (!results.equals(checked.results())
                || !measured.statistics().distributions().equals(checked.distributions())) {
            check.problem("the results in the ledger do not follow from the committed counts, which give: %s", results);
        }
        if (state.phase() == Phase.PUBLISHED
                && state.approved() == null
                && checked.verdict()
                        .filter(verdict -> verdict != BatchCheck.OnFail.WARN)
                        .isPresent()) {
            check.problem("it is published, although a check has failed and nobody has approved it");
        }
        check.proved(
                "%,d, %,d of them failed: the results follow from the committed counts",
                results.size(), checked.failed().count());
    }

    /// The batch that a batch was compared with; null if there was none.
    private Measured.@Nullable Baseline baseline(BatchEvent.Checked checked) {
        return checked.results().stream()
                .map(CheckResult::baseline)
                .filter(Objects::nonNull)
                .findFirst()
                .map(new LedgerMeasurements(ledger)::published)
                .orElse(null);
    }

    private void checkOutput(History history, Consumer<Finding> found) {
        BatchState state = history.state();
        Published published = state.published();
        Publication publication = published == null
                ? null
                : new Publication(published.destination(), published.manifest(), published.others());
        CommittedBatch batch = CommittedBatches.of(state, history.planned(), Set.of());
        try (OutputProof output =
                destinations.of(batch.job()).verify(batch, Objects.requireNonNull(state.phase()), publication)) {
            checkOutput(history, output, found);
        } catch (FailureException e) {
            new Check("output", found).problem("%s", e.getMessage());
        }
    }

    private void checkOutput(History history, OutputProof output, Consumer<Finding> found) {
        BatchState state = history.state();
        Published published = state.published();
        Removal removal = state.removal();
        if (removal != null) {
            new Check("output", found).open("%s; its ledger stays", removal.sentence());
            return;
        }
        Redrive redrive = state.lastRedrive();
        if (redrive != null && state.redrive() != null && state.redrive().committed() != null) {
            new Check("output", found)
                    .open("not checked while rows are added to it; verify it again afterwards: %s", redrive.sentence());
            return;
        }
        checkSupplements(state, new Check("supplements", found));
        Check place = new Check(output.place(), found);
        if (published != null) {
            output.checkPlace(place);
            checkManifests(history, published, output.each(), found);
            output.checkProvenance(new Check("provenance", found));
        } else if (state.phase() == Phase.CANCELLED) {
            output.checkStaging(new Check("staging", found));
            new Check("output", found).open("there is none: the batch was cancelled");
            return;
        } else {
            place.open("nothing is published: the batch is %s", state.phase());
        }
        if (history.commits().isEmpty()) {
            new Check("output", found).open("no partition is committed yet");
        } else {
            boolean readable = output.checkRows(new Check("checksums", found), new Check("rows", found));
            checkSnapshots(history, new Check("snapshot", found));
            checkIds(history, readable, output, found);
            BatchEvent.Checked checked = state.checked();
            if (readable && checked != null) {
                new PredictionCheck(history, checked).run(output, new Check("predictions", found));
            }
        }
        if (published != null && state.redrive() == null) {
            output.checkStaging(new Check("staging", found));
        }
    }

    /// Checks the manifest at each destination of the job.
    private static void checkManifests(
            History history, Published published, List<OutputProof> outputs, Consumer<Finding> found) {
        List<Destination> destinations =
                history.state().submission().job().destination().members();
        for (int i = 0; i < outputs.size(); i++) {
            Destination destination = destinations.get(i);
            Check check = new Check(
                    "manifest",
                    outputs.size() == 1
                            ? found
                            : finding -> found.accept(new Finding(
                                    finding.outcome(), finding.what(), destination + ": " + finding.detail())));
            OutputProof output = outputs.get(i);
            if (i > published.others().size()) {
                check.problem("the ledger does not say that it is published there");
                continue;
            }
            new ManifestCheck(history, i, output.files(), check)
                    .run(
                            output::manifest,
                            i == 0
                                    ? published.manifest()
                                    : published.others().get(i - 1).manifest());
        }
    }

    /// The ledger's fold has refused supplements whose rows are not those of the quarantine before.
    private static void checkSupplements(BatchState state, Check supplements) {
        List<Supplement> published = state.supplements();
        if (!published.isEmpty()) {
            supplements.proved(
                    "%,d, with %,d rows that were quarantined before; %,d rows are still quarantined",
                    published.size(),
                    published.stream()
                            .mapToLong(supplement -> supplement.commit().predictions())
                            .sum(),
                    state.totals().quarantined());
        }
    }

    /// Compares the snapshots that the batch has read with its plan, if it reads tables of lakes.
    private void checkSnapshots(History history, Check snapshot) {
        List<String> gone = new ArrayList<>();
        List<String> same = new ArrayList<>();
        for (InputLink link : destinations
                .sources()
                .links(
                        history.state().submission().job(),
                        history.state().pinned().files())) {
            switch (link) {
                case InputLink.Same there -> same.add(there.sentence());
                case InputLink.Gone expired -> gone.add(expired.reason());
                case InputLink.Different other -> other.problems().forEach(problem -> snapshot.problem("%s", problem));
            }
        }
        if (!gone.isEmpty()) {
            snapshot.open("%s", String.join("; ", gone));
        } else if (!same.isEmpty() || snapshot.hasProblems()) {
            snapshot.proved("%s", String.join("; ", same));
        }
    }

    private void checkIds(History history, boolean readable, OutputProof output, Consumer<Finding> found) {
        Check input = new Check("input", found);
        Check ids = new Check("ids", found);
        if (!readable) {
            input.open("not compared, because output is missing or can't be read");
            ids.open("not checked, because output is missing or can't be read");
            return;
        }
        List<PartitionCommit> commits = history.commits();
        PinComparison pins =
                destinations.sources().pins(history.state().submission().job());
        RecordIds records = new RecordIds(output, history, pins);
        try {
            Comparison comparison = records.compare(commits, input);
            records.checkRepeated(commits, comparison, ids);
        } catch (FailureException e) {
            ids.problem("the output can't be read: %s", e.getMessage());
        }
    }
}
