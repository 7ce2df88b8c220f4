/// Forecasts when a batch ends, and how many workers it needs to meet its deadline. Pure: no actors, clocks,
/// threads or I/O.
@NullMarked
package io.nightshift.coordinator.forecast;

import org.jspecify.annotations.NullMarked;
