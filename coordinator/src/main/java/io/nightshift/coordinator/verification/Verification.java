package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.verification.RecordIds.Comparison;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.datasource.DataSources;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.plan.OutputInspector;
import io.nightshift.protocol.plan.TableIds;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Proves a batch from its ledger, its files and its input, trusting none of the code that made
/// them: the chain of hashes, that the partitions are the input without gap or overlap, each
/// committed once; that the published folder holds the committed files, unchanged, and nothing else;
/// that their rows are the input's rows, each once. What each check proves, and what none can, is in
/// `docs/concepts/verification.md`.
///
/// Of a batch that isn't published it proves what there is, and says what is open. Tampering, damage
/// and unreadable files are findings, never exceptions. Changes nothing; blocking; for one thread.
public final class Verification {

    private final Ledger ledger;
    private final OutputInspector inspector;
    private final TableIds tableIds;
    private final DataSources dataSources;
    private final Consumer<Finding> listener;

    /// @param tableIds for batches whose output is a table
    /// @param dataSources in which such tables are
    /// @param listener is told each finding as soon as it is made
    public Verification(
            Ledger ledger,
            OutputInspector inspector,
            TableIds tableIds,
            DataSources dataSources,
            Consumer<Finding> listener) {
        this.ledger = ledger;
        this.inspector = inspector;
        this.tableIds = tableIds;
        this.dataSources = dataSources;
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
        if (history.isWhole()) {
            checkOutput(history, found);
        } else {
            new Check("output", found).open("not looked at, since there is no sound ledger to hold it to");
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

    /// The hash chain can't show that entries are missing at its end; the register of jobs can.
    private void checkRegister(History history, Check register) {
        BatchId batch = history.state().batch();
        BatchRegisterState.Entry entry;
        try {
            entry = ledger.register().batches().get(batch);
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            register.problem("%s", e.getMessage());
            return;
        }
        if (entry == null) {
            register.problem("the register of jobs doesn't know %s", batch);
            return;
        }
        BatchState state = history.state();
        if (state.submitted() != null) {
            Submission submission = entry.opened().submission();
            if (!submission.job().equals(state.submitted().job())
                    || !submission.model().equals(state.submitted().model())) {
                register.problem("the batch was opened with another job or model than its ledger says");
            }
        }
        if (entry.end().isPresent() && !entry.end().get().equals(state.phase()) && history.isSound()) {
            register.problem(
                    "the batch ended as %s, but in its ledger it is %s after entry %,d: entries are missing at the end",
                    entry.end().get(), state.phase() == null ? "not begun" : state.phase(), state.entries());
        }
        register.proved(
                entry.end().isPresent()
                        ? "the register of jobs has it with the same job, model and end"
                        : "the register of jobs has it with the same job and model, as open");
    }

    private void checkOutput(History history, Consumer<Finding> found) {
        if (history.state().submission().job().destination().postgres() == null) {
            checkFiles(history, found);
            return;
        }
        try (OutputTables tables = OutputTables.open(history, dataSources, tableIds)) {
            checkTables(history, tables, found);
        } catch (FailureException e) {
            new Check("output", found).problem("%s", e.getMessage());
        }
    }

    private static void checkTables(History history, OutputTables tables, Consumer<Finding> found) {
        Published published = history.state().published();
        if (published != null) {
            tables.checkTable(new Check("table", found));
            new ManifestCheck(history, new Check("manifest", found)).run(tables::manifest, published.manifest());
        } else if (history.state().phase() == Phase.CANCELLED) {
            tables.checkStaging(new Check("staging", found));
            new Check("output", found).open("there is none: the batch was given up");
            return;
        } else {
            new Check("table", found)
                    .open(
                            "nothing is published: the batch is %s",
                            history.state().phase());
        }
        if (history.commits().isEmpty()) {
            new Check("output", found).open("no partition is committed yet");
        } else {
            boolean readable = tables.check(new Check("checksums", found), new Check("rows", found));
            checkIds(history, readable, tables, found);
        }
        if (published != null) {
            tables.checkStaging(new Check("staging", found));
        }
    }

    private void checkFiles(History history, Consumer<Finding> found) {
        BatchState state = history.state();
        OutputFiles files = new OutputFiles(history);
        Published published = state.published();
        if (published != null) {
            files.checkFolder(new Check("folder", found));
            new ManifestCheck(history, new Check("manifest", found))
                    .run(() -> Files.newInputStream(files.manifest()), published.manifest());
        } else if (state.phase() == Phase.CANCELLED) {
            files.checkStaging(new Check("staging", found), false);
            new Check("output", found).open("there is none: the batch was given up");
            return;
        } else {
            new Check("folder", found).open("nothing is published: the batch is %s", state.phase());
        }
        if (history.commits().isEmpty()) {
            new Check("output", found).open("no partition is committed yet");
        } else {
            boolean readable = files.check(inspector, new Check("checksums", found), new Check("rows", found));
            checkIds(history, readable, files.ids(inspector), found);
        }
        if (published != null) {
            files.checkStaging(new Check("staging", found), true);
        }
    }

    private static void checkIds(History history, boolean readable, RecordIds.Ids output, Consumer<Finding> found) {
        Check input = new Check("input", found);
        Check ids = new Check("ids", found);
        if (!readable) {
            input.open("not compared, since output is missing or can't be read");
            ids.open("not looked at, since output is missing or can't be read");
            return;
        }
        List<PartitionCommit> commits = history.commits();
        RecordIds records = new RecordIds(output, history);
        try {
            Comparison comparison = records.compare(commits, input);
            records.checkRepeated(commits, comparison, ids);
        } catch (FailureException e) {
            ids.problem("the output can't be read: %s", e.getMessage());
        }
    }
}
