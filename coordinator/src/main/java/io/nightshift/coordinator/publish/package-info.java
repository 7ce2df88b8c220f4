/// The step that makes a batch visible, all at once.
@NullMarked
package io.nightshift.coordinator.publish;

import org.jspecify.annotations.NullMarked;
