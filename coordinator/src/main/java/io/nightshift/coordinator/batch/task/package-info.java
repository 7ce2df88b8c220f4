/// The tasks of a batch that take time, such as plans and publications: on this node, or on a further one.
@NullMarked
package io.nightshift.coordinator.batch.task;

import org.jspecify.annotations.NullMarked;
