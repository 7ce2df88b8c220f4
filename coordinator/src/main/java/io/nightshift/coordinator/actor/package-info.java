/// Persistent actors whose decisions are data: a message leads to a decision, whose events are persisted before its
/// actions are performed.
@NullMarked
package io.nightshift.coordinator.actor;

import org.jspecify.annotations.NullMarked;
