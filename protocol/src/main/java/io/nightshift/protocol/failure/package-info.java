/// What went wrong, and whether trying again can help.
@NullMarked
package io.nightshift.protocol.failure;

import org.jspecify.annotations.NullMarked;
