/// The decisions about attempts on partitions: leases, heartbeats, failures, retries, commits.
@NullMarked
package io.nightshift.coordinator.batch.attempt;

import org.jspecify.annotations.NullMarked;
