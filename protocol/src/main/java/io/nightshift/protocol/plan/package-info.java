/// The pinned input of a batch and how it is cut into partitions.
@NullMarked
package io.nightshift.protocol.plan;

import org.jspecify.annotations.NullMarked;
