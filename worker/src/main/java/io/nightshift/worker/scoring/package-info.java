/// The way from DuckDB into a scorer: functions that a query calls, and the session of the attempt that runs
/// it.
@NullMarked
package io.nightshift.worker.scoring;

import org.jspecify.annotations.NullMarked;
