/// What operators measure of a node's coordinators.
@NullMarked
package io.nightshift.coordinator.metrics;

import org.jspecify.annotations.NullMarked;
