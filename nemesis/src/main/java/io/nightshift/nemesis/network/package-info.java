/// The simulated hosts and the networks that connect them.
@NullMarked
package io.nightshift.nemesis.network;

import org.jspecify.annotations.NullMarked;
