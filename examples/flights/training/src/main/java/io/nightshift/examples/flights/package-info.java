/// How the flights example's files were made.
@NullMarked
package io.nightshift.examples.flights;

import org.jspecify.annotations.NullMarked;
