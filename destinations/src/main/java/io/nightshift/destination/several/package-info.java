/// Several destinations that get the same rows.
@NullMarked
package io.nightshift.destination.several;

import org.jspecify.annotations.NullMarked;
