/// Build steps that change the distribution's libraries.
@NullMarked
package io.nightshift.cli.distribution;

import org.jspecify.annotations.NullMarked;
