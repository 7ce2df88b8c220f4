/// The ledger's entries: events as bytes, each chained to the one before by its hash.
@NullMarked
package io.nightshift.protocol.ledger;

import org.jspecify.annotations.NullMarked;
