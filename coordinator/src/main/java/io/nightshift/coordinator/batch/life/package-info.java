/// The decisions about a batch's life: the task that should run, its outcome or failure, pauses and cancellations.
@NullMarked
package io.nightshift.coordinator.batch.life;

import org.jspecify.annotations.NullMarked;
