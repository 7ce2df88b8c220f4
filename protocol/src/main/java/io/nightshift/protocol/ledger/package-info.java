/// The entries of a batch's ledger: encoded events, each chained to the one before by a hash.
@NullMarked
package io.nightshift.protocol.ledger;

import org.jspecify.annotations.NullMarked;
