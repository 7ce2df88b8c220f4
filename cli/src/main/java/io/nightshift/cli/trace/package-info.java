/// The command `trace`: what made the rows of a table.
@NullMarked
package io.nightshift.cli.trace;

import org.jspecify.annotations.NullMarked;
