/// The log and the alerts of a batch.
@NullMarked
package io.nightshift.coordinator.batch.observation;

import org.jspecify.annotations.NullMarked;
