/// The metrics of a node's workers.
@NullMarked
package io.nightshift.worker.metrics;

import org.jspecify.annotations.NullMarked;
