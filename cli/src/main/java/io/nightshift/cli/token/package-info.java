/// `nightshift token`: tokens for programs that call a cluster.
@NullMarked
package io.nightshift.cli.token;

import org.jspecify.annotations.NullMarked;
