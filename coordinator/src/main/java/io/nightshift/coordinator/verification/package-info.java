/// The proof of a batch: what its ledger, its files and its input say of each other.
@NullMarked
package io.nightshift.coordinator.verification;

import org.jspecify.annotations.NullMarked;
