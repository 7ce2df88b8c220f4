/// The kernels that find the leaf of each tree that a row reaches: several layouts of a forest, one result.
@NullMarked
package io.nightshift.scoring.kernel;

import org.jspecify.annotations.NullMarked;
