/// The status of a batch: its description for clients, and the facts by which other actors decide.
@NullMarked
package io.nightshift.coordinator.batch.status;

import org.jspecify.annotations.NullMarked;
