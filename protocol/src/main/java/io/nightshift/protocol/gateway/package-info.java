/// The requests that a program outside the cluster sends to any node by messages, and the replies.
@NullMarked
package io.nightshift.protocol.gateway;

import org.jspecify.annotations.NullMarked;
