/// A running node: its actors assembled, its place in the cluster, and how it starts and leaves.
@NullMarked
package io.nightshift.node;

import org.jspecify.annotations.NullMarked;
