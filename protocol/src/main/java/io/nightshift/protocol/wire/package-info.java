/// The serialization of messages between nodes: the number of each class, the bytes of each value, and size
/// limits.
@NullMarked
package io.nightshift.protocol.wire;

import org.jspecify.annotations.NullMarked;
