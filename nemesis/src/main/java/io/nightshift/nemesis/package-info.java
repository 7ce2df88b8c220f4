/// Injects faults into a cluster while it runs batches, and checks afterwards that every promise was kept.
@NullMarked
package io.nightshift.nemesis;

import org.jspecify.annotations.NullMarked;
