/// Destinations of predictions: the contract of a destination, and the code that all kinds share.
@NullMarked
package io.nightshift.destination;

import org.jspecify.annotations.NullMarked;
