/// A PostgreSQL server for tests, and proxies that break or delay the connections to it.
@NullMarked
package io.nightshift.testing.database;

import org.jspecify.annotations.NullMarked;
