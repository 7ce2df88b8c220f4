/// Jobs that score only rows that have changed: fingerprints of rows, compared with those that earlier batches
/// have scored. See docs/decisions/0041-changed-rows.md.
@NullMarked
package io.nightshift.source.changed;

import org.jspecify.annotations.NullMarked;
