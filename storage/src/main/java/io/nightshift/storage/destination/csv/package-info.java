/// CSV files as a destination.
@NullMarked
package io.nightshift.storage.destination.csv;

import org.jspecify.annotations.NullMarked;
