/// Writes documentation, man pages and shell completions of the commands from picocli's model.
@NullMarked
package io.nightshift.cli.reference;

import org.jspecify.annotations.NullMarked;
