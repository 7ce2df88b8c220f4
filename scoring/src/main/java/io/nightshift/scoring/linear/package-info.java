/// Scores linear models.
@NullMarked
package io.nightshift.scoring.linear;

import org.jspecify.annotations.NullMarked;
