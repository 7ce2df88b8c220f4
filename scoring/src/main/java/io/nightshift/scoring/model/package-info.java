/// What a model is to its users: its inputs, its outputs, and the scorer that maps one to the other.
@NullMarked
package io.nightshift.scoring.model;

import org.jspecify.annotations.NullMarked;
