/// TLS between the nodes of a cluster, from certificates and keys in PEM files.
@NullMarked
package io.nightshift.client.tls;

import org.jspecify.annotations.NullMarked;
