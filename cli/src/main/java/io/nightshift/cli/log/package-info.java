/// Where the log goes.
@NullMarked
package io.nightshift.cli.log;

import org.jspecify.annotations.NullMarked;
