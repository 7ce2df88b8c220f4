/// Loads model files for the program.
@NullMarked
package io.nightshift.cli.model;

import org.jspecify.annotations.NullMarked;
