/// The state of a batch, which is folded from the events of its ledger, and the status that it shows. Each aspect
/// folds its own events.
@NullMarked
package io.nightshift.coordinator.batch.state;

import org.jspecify.annotations.NullMarked;
