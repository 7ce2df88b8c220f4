package io.nightshift.node.submission;

import io.nightshift.coordinator.batch.state.PinnedPlan;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.plan.InputDifference;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.register.BatchRegisterCommand.Rejected;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the file by which the input of an open batch differs from what is in the source now. The register has
/// only digests of both.
public final class ChangedInput {

    private static final Logger LOG = LoggerFactory.getLogger(ChangedInput.class);

    private ChangedInput() {}

    /// Adds the name of the file to the reason why a submission was rejected. Blocks on the ledger and the source.
    ///
    /// @param rejected that says which batch has another input
    /// @param job that was rejected
    /// @param model of the job
    /// @return the same rejection if the batch has no plan yet, or the source or the ledger can't be read now
    public static Rejected named(
            Rejected rejected, Job job, ModelDescription model, Ledger ledger, SourceInspector sources) {
        if (rejected.changed() == null) {
            return rejected;
        }
        try {
            PinnedPlan plan = ledger.state(rejected.changed()).plan();
            return plan == null
                    ? rejected
                    : InputDifference.first(plan.files(), sources.inspect(job, model))
                            .map(difference -> new Rejected(
                                    Failure.permanent(rejected.reason() + ". The first difference: " + difference),
                                    rejected.changed()))
                            .orElse(rejected);
        } catch (FailureException e) {
            LOG.warn("The file that has changed is not named: {}", e.getMessage());
            return rejected;
        }
    }
}
