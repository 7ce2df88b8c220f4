/// Training, which a machine-learning library in a module of its own carries out.
@NullMarked
package io.nightshift.scoring.training;

import org.jspecify.annotations.NullMarked;
