/// Where predictions go: the contract of a destination, and what all kinds share.
@NullMarked
package io.nightshift.storage.destination;

import org.jspecify.annotations.NullMarked;
