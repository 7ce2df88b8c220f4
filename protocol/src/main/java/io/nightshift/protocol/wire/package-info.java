/// How messages cross from node to node: numbers for classes, bytes for values, and limits for both.
@NullMarked
package io.nightshift.protocol.wire;

import org.jspecify.annotations.NullMarked;
