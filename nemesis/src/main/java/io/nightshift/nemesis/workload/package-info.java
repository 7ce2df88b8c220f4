/// The batches that the cluster runs, and their output.
@NullMarked
package io.nightshift.nemesis.workload;

import org.jspecify.annotations.NullMarked;
