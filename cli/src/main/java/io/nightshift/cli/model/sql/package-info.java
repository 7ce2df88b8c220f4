/// The steps of a pipeline as SQL.
@NullMarked
package io.nightshift.cli.model.sql;

import org.jspecify.annotations.NullMarked;
