/// The models of a node: read from files of every format, and kept once loaded.
@NullMarked
package io.nightshift.node.model;

import org.jspecify.annotations.NullMarked;
