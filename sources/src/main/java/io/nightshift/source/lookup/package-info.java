/// Lookups: rows of files or tables that add columns to a source's rows by a key.
@NullMarked
package io.nightshift.source.lookup;

import org.jspecify.annotations.NullMarked;
