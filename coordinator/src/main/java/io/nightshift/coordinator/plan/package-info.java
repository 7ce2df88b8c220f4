/// How a batch's input is cut into partitions.
@NullMarked
package io.nightshift.coordinator.plan;

import org.jspecify.annotations.NullMarked;
