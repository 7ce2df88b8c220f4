/// What a node is told by its configuration file.
@NullMarked
package io.nightshift.node.configuration;

import org.jspecify.annotations.NullMarked;
