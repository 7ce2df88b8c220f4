/// Metrics of the batches that a node coordinates.
@NullMarked
package io.nightshift.coordinator.metrics;

import org.jspecify.annotations.NullMarked;
