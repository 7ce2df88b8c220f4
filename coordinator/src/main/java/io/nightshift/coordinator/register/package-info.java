/// The batch register: one actor that knows every batch of every job, and which batches have work for free
/// workers.
@NullMarked
package io.nightshift.coordinator.register;

import org.jspecify.annotations.NullMarked;
