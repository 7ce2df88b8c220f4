/// The program `nightshift`: its commands and what they print.
@NullMarked
package io.nightshift.cli;

import org.jspecify.annotations.NullMarked;
