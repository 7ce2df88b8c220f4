/// Several destinations that get the same rows.
@NullMarked
package io.nightshift.storage.destination.several;

import org.jspecify.annotations.NullMarked;
