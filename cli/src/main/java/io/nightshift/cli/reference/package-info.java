/// What the documentation, the man pages and the shells know of the commands, derived from picocli's model.
@NullMarked
package io.nightshift.cli.reference;

import org.jspecify.annotations.NullMarked;
