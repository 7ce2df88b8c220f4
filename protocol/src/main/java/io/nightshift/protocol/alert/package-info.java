/// The protocol of the alert outbox: its messages and its events.
@NullMarked
package io.nightshift.protocol.alert;

import org.jspecify.annotations.NullMarked;
