/// TLS from certificates and keys in PEM files, which are read again when they change.
///
/// Nodes use it for their connections to each other and for HTTP; programs that are members of the cluster
/// use it, too. A module of its own, since the node and the message client both need it and neither should
/// depend on the other. The protocol module does no I/O.
@NullMarked
package io.nightshift.tls;

import org.jspecify.annotations.NullMarked;
