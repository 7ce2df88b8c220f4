/// Text files as a source: CSV files, and files with a JSON object in each line. One pass over a file finds
/// where its records begin, how many there are, and the types of their columns. A table function in DuckDB
/// then reads ranges of records into vectors, and says of each malformed record what is wrong with it.
@NullMarked
package io.nightshift.source.text;

import org.jspecify.annotations.NullMarked;
