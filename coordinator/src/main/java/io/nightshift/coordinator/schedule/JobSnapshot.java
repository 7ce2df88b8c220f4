package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.coordinator.schedule.ScheduledJobState.BackfillState;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.coordinator.schedule.ScheduledJobState.Run;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.VectorMap;
import scala.collection.immutable.VectorMap$;
import scala.jdk.javaapi.CollectionConverters;

/// The state of an applied job after some of its events, so that a start need not read these events. Its
/// components are those of [ScheduledJobState].
public record JobSnapshot(
        @Nullable Revision current,
        boolean isDeleted,
        AppliedJob.@Nullable Pause pause,
        Instant decided,
        List<Revision> revisions,
        List<Run> open,
        List<Run> ended,
        @Nullable Observation observation,
        List<BackfillState> backfills) {

    static JobSnapshot of(ScheduledJobState state) {
        return new JobSnapshot(
                state.current(),
                state.isDeleted(),
                state.pause(),
                state.decided(),
                List.copyOf(state.revisions().values()),
                List.copyOf(CollectionConverters.asJava(state.open()).values()),
                List.copyOf(CollectionConverters.asJava(state.ended()).values()),
                state.observation(),
                List.copyOf(state.backfills().values()));
    }

    ScheduledJobState state() {
        Map<Integer, Revision> texts = new TreeMap<>();
        revisions.forEach(revision -> texts.put(revision.number(), revision));
        Map<String, BackfillState> byId = new LinkedHashMap<>();
        backfills.forEach(backfill -> byId.put(backfill.id(), backfill));
        return new ScheduledJobState(
                current, isDeleted, pause, decided, texts, map(open), map(ended), observation, byId);
    }

    private static VectorMap<String, Run> map(List<Run> runs) {
        VectorMap<String, Run> map = VectorMap$.MODULE$.empty();
        for (Run run : runs) {
            map = map.updated(run.key(), run);
        }
        return map;
    }
}
