/// `nightshift node`: a node that goes on until it is told to leave.
@NullMarked
package io.nightshift.cli.node;

import org.jspecify.annotations.NullMarked;
