/// Holds a batch at a known state, without a switch in the product.
@NullMarked
package io.nightshift.testing.gate;

import org.jspecify.annotations.NullMarked;
