/// The decisions about a published batch: its removal, and the redrive of its quarantined rows.
@NullMarked
package io.nightshift.coordinator.batch.upkeep;

import org.jspecify.annotations.NullMarked;
