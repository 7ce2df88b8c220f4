/// Reads and writes Nightshift's own model files.
@NullMarked
package io.nightshift.scoring.format.nightshift;

import org.jspecify.annotations.NullMarked;
