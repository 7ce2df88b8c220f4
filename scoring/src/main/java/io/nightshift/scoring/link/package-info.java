/// From sums to predictions and probabilities.
@NullMarked
package io.nightshift.scoring.link;

import org.jspecify.annotations.NullMarked;
