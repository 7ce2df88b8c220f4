/// CSV files as a destination.
@NullMarked
package io.nightshift.destination.csv;

import org.jspecify.annotations.NullMarked;
