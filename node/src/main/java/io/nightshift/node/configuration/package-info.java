/// The configuration file: one validated record for each section.
@NullMarked
package io.nightshift.node.configuration;

import org.jspecify.annotations.NullMarked;
