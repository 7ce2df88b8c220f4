/// `nightshift node`: runs a node of a cluster.
@NullMarked
package io.nightshift.cli.node;

import org.jspecify.annotations.NullMarked;
