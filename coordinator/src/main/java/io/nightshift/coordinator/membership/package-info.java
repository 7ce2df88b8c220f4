/// The nodes that make up the cluster, as recorded in the journal's database.
@NullMarked
package io.nightshift.coordinator.membership;

import org.jspecify.annotations.NullMarked;
