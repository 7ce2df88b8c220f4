/// The models on disk: registered once, never changed, found by name, version and alias.
@NullMarked
package io.nightshift.coordinator.registry;

import org.jspecify.annotations.NullMarked;
