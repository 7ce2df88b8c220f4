/// Times of the day in a job's time zone: the window in which its batches score, and their deadline.
@NullMarked
package io.nightshift.coordinator.timing;

import org.jspecify.annotations.NullMarked;
