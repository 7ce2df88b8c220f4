/// `nightshift run`: from a job file to a published batch.
@NullMarked
package io.nightshift.cli.run;

import org.jspecify.annotations.NullMarked;
