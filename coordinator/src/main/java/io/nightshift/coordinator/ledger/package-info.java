/// The ledger on its journal: how entries are stored, read back and proved.
@NullMarked
package io.nightshift.coordinator.ledger;

import org.jspecify.annotations.NullMarked;
