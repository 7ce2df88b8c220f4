/// The protocol of a batch: its identities, its phases, its events, and the messages between its coordinator
/// and its workers.
@NullMarked
package io.nightshift.protocol.batch;

import org.jspecify.annotations.NullMarked;
