/// Failures: what went wrong, whether another try can help, and which name was probably meant.
@NullMarked
package io.nightshift.protocol.failure;

import org.jspecify.annotations.NullMarked;
