/// The set-up and the format of the log.
@NullMarked
package io.nightshift.node.log;

import org.jspecify.annotations.NullMarked;
