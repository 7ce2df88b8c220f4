/// The command `run`: from a job file to a published batch, with progress to look at.
@NullMarked
package io.nightshift.cli.run;

import org.jspecify.annotations.NullMarked;
