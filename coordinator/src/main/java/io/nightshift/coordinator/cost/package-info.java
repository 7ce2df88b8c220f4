/// The resources that a batch has used on its nodes, their cost, and the reasons why the batch waited.
@NullMarked
package io.nightshift.coordinator.cost;

import org.jspecify.annotations.NullMarked;
