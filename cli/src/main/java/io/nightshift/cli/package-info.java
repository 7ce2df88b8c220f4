/// The program `nightshift`: its commands.
@NullMarked
package io.nightshift.cli;

import org.jspecify.annotations.NullMarked;
