/// Whether a node is fit for what it is there for.
@NullMarked
package io.nightshift.node.health;

import org.jspecify.annotations.NullMarked;
