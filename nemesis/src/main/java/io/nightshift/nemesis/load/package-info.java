/// Measurements of a cluster under load.
@NullMarked
package io.nightshift.nemesis.load;

import org.jspecify.annotations.NullMarked;
