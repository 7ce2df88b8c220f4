/// The life of one batch: a pure state, and the thin actor around it.
@NullMarked
package io.nightshift.coordinator.batch;

import org.jspecify.annotations.NullMarked;
