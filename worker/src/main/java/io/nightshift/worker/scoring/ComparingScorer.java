package io.nightshift.worker.scoring;

import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.scoring.model.Scorer;

/// Scores each block with two models, and compares their predictions. It fills the outputs of the first
/// model. The rows are read once. For one thread.
public sealed interface ComparingScorer extends Scorer permits ModelComparator, ShadowScorer {

    /// The comparison of all blocks.
    ModelComparison comparison();
}
