/// Whether a node is alive and ready.
@NullMarked
package io.nightshift.node.health;

import org.jspecify.annotations.NullMarked;
