/// The commands about applied jobs: `job` and `backfill`.
@NullMarked
package io.nightshift.cli.job;

import org.jspecify.annotations.NullMarked;
