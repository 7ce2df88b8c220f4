/// Logging: to a file or to standard output, as text or JSON.
@NullMarked
package io.nightshift.node.log;

import org.jspecify.annotations.NullMarked;
