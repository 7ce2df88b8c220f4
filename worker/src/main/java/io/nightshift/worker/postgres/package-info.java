/// Rows on their way into PostgreSQL, and what is there read again.
@NullMarked
package io.nightshift.worker.postgres;

import org.jspecify.annotations.NullMarked;
