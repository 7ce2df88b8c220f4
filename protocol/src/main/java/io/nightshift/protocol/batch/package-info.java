/// A batch's identity, its life, the events that move it and the messages its actors exchange.
@NullMarked
package io.nightshift.protocol.batch;

import org.jspecify.annotations.NullMarked;
