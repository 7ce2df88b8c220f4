/// Models that another library, or code written for it, computes one row at a time.
@NullMarked
package io.nightshift.scoring.row;

import org.jspecify.annotations.NullMarked;
