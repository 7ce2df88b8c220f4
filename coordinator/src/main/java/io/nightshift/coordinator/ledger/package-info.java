/// The journal: how entries are stored, and how a batch's ledger is read back without its coordinator.
@NullMarked
package io.nightshift.coordinator.ledger;

import org.jspecify.annotations.NullMarked;
