/// Smile's models that are computed one row at a time, and how each is taken apart into numbers and rebuilt.
@NullMarked
package io.nightshift.smile.model;

import org.jspecify.annotations.NullMarked;
