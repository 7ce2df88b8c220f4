/// A table of a PostgreSQL database as a destination: rows on their way into it, publication, and what is
/// there read again.
@NullMarked
package io.nightshift.destination.postgres;

import org.jspecify.annotations.NullMarked;
