/// Alerts: one incident for each batch, job or node and cause, and its delivery to channels.
@NullMarked
package io.nightshift.coordinator.alert;

import org.jspecify.annotations.NullMarked;
