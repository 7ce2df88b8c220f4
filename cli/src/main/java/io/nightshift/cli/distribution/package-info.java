/// Build steps that prepare the distribution: its libraries, its man pages and its completions.
@NullMarked
package io.nightshift.cli.distribution;

import org.jspecify.annotations.NullMarked;
