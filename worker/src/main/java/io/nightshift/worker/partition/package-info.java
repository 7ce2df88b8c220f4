/// One attempt at one partition: rows in, staged output and its ledger line out.
@NullMarked
package io.nightshift.worker.partition;

import org.jspecify.annotations.NullMarked;
