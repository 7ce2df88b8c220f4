/// Tests of the archive, the Debian package and the container image as their users get them.
@NullMarked
package io.nightshift.packaging;

import org.jspecify.annotations.NullMarked;
