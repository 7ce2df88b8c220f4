/// Trains models with Smile and evaluates them.
@NullMarked
package io.nightshift.smile.training;

import org.jspecify.annotations.NullMarked;
