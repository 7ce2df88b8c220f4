/// Which files batches of incremental jobs read. See docs/decisions/0033-new-files.md.
@NullMarked
package io.nightshift.coordinator.incremental;

import org.jspecify.annotations.NullMarked;
