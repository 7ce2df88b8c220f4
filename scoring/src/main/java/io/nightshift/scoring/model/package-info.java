/// A model as its users see it: its inputs, its outputs, and the scorer that maps one to the other.
@NullMarked
package io.nightshift.scoring.model;

import org.jspecify.annotations.NullMarked;
