/// The register of all jobs: one actor that knows which batch of which job is open and which has
/// work to give.
@NullMarked
package io.nightshift.coordinator.register;

import org.jspecify.annotations.NullMarked;
