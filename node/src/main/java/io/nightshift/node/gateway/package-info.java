/// Answers programs outside the cluster, by HTTP or messages: passes their requests to the register and the
/// batches, and caches what it reads.
@NullMarked
package io.nightshift.node.gateway;

import org.jspecify.annotations.NullMarked;
