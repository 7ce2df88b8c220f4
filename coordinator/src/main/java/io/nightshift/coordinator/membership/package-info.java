/// Which nodes make up the cluster, as the journal's database has it.
@NullMarked
package io.nightshift.coordinator.membership;

import org.jspecify.annotations.NullMarked;
