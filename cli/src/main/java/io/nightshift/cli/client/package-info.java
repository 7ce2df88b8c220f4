/// Connects commands to a cluster, by HTTP or by messages.
@NullMarked
package io.nightshift.cli.client;

import org.jspecify.annotations.NullMarked;
