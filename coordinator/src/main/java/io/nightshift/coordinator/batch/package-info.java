/// The coordinator of one batch: the actor, the decision logic it runs, and the state that it folds from the
/// ledger.
@NullMarked
package io.nightshift.coordinator.batch;

import org.jspecify.annotations.NullMarked;
