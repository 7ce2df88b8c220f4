/// The client for programs that run next to the nodes of a cluster and talk to them by messages, as the nodes
/// talk to each other.
///
/// Start at [MessageClient#builder].
@NullMarked
package io.nightshift.client.messages;

import org.jspecify.annotations.NullMarked;
