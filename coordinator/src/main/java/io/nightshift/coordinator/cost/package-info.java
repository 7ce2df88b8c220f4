/// What a batch has used of its nodes, what that cost, and what the batch waited for.
@NullMarked
package io.nightshift.coordinator.cost;

import org.jspecify.annotations.NullMarked;
