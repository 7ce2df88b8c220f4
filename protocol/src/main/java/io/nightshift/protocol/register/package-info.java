/// The protocol of the batch register: its messages and its events.
@NullMarked
package io.nightshift.protocol.register;

import org.jspecify.annotations.NullMarked;
