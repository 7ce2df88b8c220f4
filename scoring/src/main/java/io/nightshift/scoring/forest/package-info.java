/// Scores forests: a kernel finds the leaves of a block of rows, and the scorers add them up and apply the
/// link.
@NullMarked
package io.nightshift.scoring.forest;

import org.jspecify.annotations.NullMarked;
