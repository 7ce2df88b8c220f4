/// Compares the published predictions of two batches.
@NullMarked
package io.nightshift.storage.comparison;

import org.jspecify.annotations.NullMarked;
