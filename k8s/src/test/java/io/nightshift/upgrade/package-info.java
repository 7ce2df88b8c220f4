/// Two distributions side by side: the build before this one, and this one.
@NullMarked
package io.nightshift.upgrade;

import org.jspecify.annotations.NullMarked;
