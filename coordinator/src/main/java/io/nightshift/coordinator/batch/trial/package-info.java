/// The decisions about a candidate model: canary, shadow, and the checks before the publication.
@NullMarked
package io.nightshift.coordinator.batch.trial;

import org.jspecify.annotations.NullMarked;
