/// The model registry: immutable model versions, found by name, version and alias.
@NullMarked
package io.nightshift.coordinator.registry;

import org.jspecify.annotations.NullMarked;
