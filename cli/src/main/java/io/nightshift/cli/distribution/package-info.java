/// What is done to the distribution when it is built.
@NullMarked
package io.nightshift.cli.distribution;

import org.jspecify.annotations.NullMarked;
