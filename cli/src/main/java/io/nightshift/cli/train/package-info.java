/// Reads rows to train a model on, with the expressions that score them later.
@NullMarked
package io.nightshift.cli.train;

import org.jspecify.annotations.NullMarked;
