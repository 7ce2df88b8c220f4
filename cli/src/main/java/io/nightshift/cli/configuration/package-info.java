/// What a node is told by its configuration file.
@NullMarked
package io.nightshift.cli.configuration;

import org.jspecify.annotations.NullMarked;
