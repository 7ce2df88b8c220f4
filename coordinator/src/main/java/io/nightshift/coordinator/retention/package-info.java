/// Retention: which published batches are removed, and when.
@NullMarked
package io.nightshift.coordinator.retention;

import org.jspecify.annotations.NullMarked;
