/// Cuts the input of a batch into partitions.
@NullMarked
package io.nightshift.coordinator.plan;

import org.jspecify.annotations.NullMarked;
