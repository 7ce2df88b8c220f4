/// Where the log goes.
@NullMarked
package io.nightshift.node.log;

import org.jspecify.annotations.NullMarked;
