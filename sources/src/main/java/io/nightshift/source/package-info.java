/// Sources of rows: the contract of a source, and the code that all kinds share. A job's expressions and a
/// model's features are bound to the columns of a table function; each kind says what that function is.
@NullMarked
package io.nightshift.source;

import org.jspecify.annotations.NullMarked;
