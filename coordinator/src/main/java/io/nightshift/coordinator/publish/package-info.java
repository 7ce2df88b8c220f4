/// Publication: what the ledger says of a batch, handed to the batch's destination.
@NullMarked
package io.nightshift.coordinator.publish;

import org.jspecify.annotations.NullMarked;
