/// Shared by the tables of data lakes: the files of a batch, and then one commit that makes them visible.
@NullMarked
package io.nightshift.destination.lake;

import org.jspecify.annotations.NullMarked;
