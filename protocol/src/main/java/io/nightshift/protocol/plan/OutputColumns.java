package io.nightshift.protocol.plan;

import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import java.util.List;

/// Says which columns the output of a job has, where it goes to a table. Blocking; called off the
/// actors' threads; safe for several threads.
public interface OutputColumns {

    /// The columns of the predictions and of the bad rows.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException naming a column that a table can't
    ///     hold, or one of the job's indexes that isn't there
    Tables of(Job job, ModelDescription model);

    /// @param predictions in the order in which they are written
    /// @param quarantine likewise
    record Tables(List<OutputColumn> predictions, List<OutputColumn> quarantine) {
        public Tables {
            predictions = List.copyOf(predictions);
            quarantine = List.copyOf(quarantine);
        }
    }
}
