/// Splits texts into words or characters as scikit-learn does, and finds these in a vocabulary or hashes them.
@NullMarked
package io.nightshift.scoring.text;

import org.jspecify.annotations.NullMarked;
