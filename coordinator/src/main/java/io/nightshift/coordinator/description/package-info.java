/// Batches as clients see them.
@NullMarked
package io.nightshift.coordinator.description;

import org.jspecify.annotations.NullMarked;
