/// How the flights example's files were made.
@NullMarked
package io.nightshift.examples.storms;

import org.jspecify.annotations.NullMarked;
