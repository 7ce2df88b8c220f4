/// The node: an actor system with the roles it plays, and all that its actors work with.
@NullMarked
package io.nightshift.cli.node;

import org.jspecify.annotations.NullMarked;
