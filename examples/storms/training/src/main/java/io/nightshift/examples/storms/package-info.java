/// Makes the files of the storms example.
@NullMarked
package io.nightshift.examples.storms;

import org.jspecify.annotations.NullMarked;
