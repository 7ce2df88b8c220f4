/// How a batch's input is cut into partitions and whether it fits the node.
@NullMarked
package io.nightshift.coordinator.plan;

import org.jspecify.annotations.NullMarked;
