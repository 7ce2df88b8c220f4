/// A prefix of an object store as a destination. There is no rename there, so one object decides that a batch
/// is published, and whoever finds the decision carries it out (`docs/decisions/0035-object-destination.md`).
@NullMarked
package io.nightshift.destination.objects;

import org.jspecify.annotations.NullMarked;
