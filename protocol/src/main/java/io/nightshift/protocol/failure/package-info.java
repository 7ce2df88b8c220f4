/// What went wrong, whether trying again can help, and what was likely meant.
@NullMarked
package io.nightshift.protocol.failure;

import org.jspecify.annotations.NullMarked;
