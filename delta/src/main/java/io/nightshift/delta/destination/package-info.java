/// Delta Lake tables as a destination: the files of a batch first, and then one commit that makes them
/// visible.
@NullMarked
package io.nightshift.delta.destination;

import org.jspecify.annotations.NullMarked;
