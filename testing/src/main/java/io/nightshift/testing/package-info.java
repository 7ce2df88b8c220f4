/// Fixtures that the tests of several modules share: the checkout, the example job and its output, free
/// ports, and the result of a command. No class here depends on another module of Nightshift.
@NullMarked
package io.nightshift.testing;

import org.jspecify.annotations.NullMarked;
