/// Makes the files of the flights example.
@NullMarked
package io.nightshift.examples.flights;

import org.jspecify.annotations.NullMarked;
