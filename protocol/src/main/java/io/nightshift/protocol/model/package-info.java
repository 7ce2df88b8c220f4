/// The identity of a registered model and what a job may know of it without loading it.
@NullMarked
package io.nightshift.protocol.model;

import org.jspecify.annotations.NullMarked;
