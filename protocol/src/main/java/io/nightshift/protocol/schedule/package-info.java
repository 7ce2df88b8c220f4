/// The protocol of applied jobs, which run by schedules, triggers, requests and backfills: messages and
/// events.
@NullMarked
package io.nightshift.protocol.schedule;

import org.jspecify.annotations.NullMarked;
