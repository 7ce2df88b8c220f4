/// Applied jobs: schedules, triggers and backfills. `ScheduledJob` is the actor of one job,
/// `ScheduleDecisions` decides, and `ScheduledJobState` is a fold over the job's events.
@NullMarked
package io.nightshift.coordinator.schedule;

import org.jspecify.annotations.NullMarked;
