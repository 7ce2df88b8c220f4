/// The messages that a batch's coordinator gets, the actions and events that its decisions give, and the rules on
/// which several decisions depend.
@NullMarked
package io.nightshift.coordinator.batch.decision;

import org.jspecify.annotations.NullMarked;
