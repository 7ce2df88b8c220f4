/// The channels of alerts: webhooks, Slack, PagerDuty and commands.
@NullMarked
package io.nightshift.node.alert;

import org.jspecify.annotations.NullMarked;
