/// Reads serialised models of Smile.
@NullMarked
package io.nightshift.smile.format;

import org.jspecify.annotations.NullMarked;
