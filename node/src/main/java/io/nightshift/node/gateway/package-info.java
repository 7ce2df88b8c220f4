/// The node's door for programs outside the cluster: questions come in, and go to the register or
/// the batch, wherever they run.
@NullMarked
package io.nightshift.node.gateway;

import org.jspecify.annotations.NullMarked;
