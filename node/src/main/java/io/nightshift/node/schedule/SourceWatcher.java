package io.nightshift.node.schedule;

import io.nightshift.coordinator.schedule.JobTexts;
import io.nightshift.coordinator.schedule.ScheduleServices.SourceClient;
import io.nightshift.coordinator.schedule.ScheduleServices.SourceRequest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobTrigger;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import io.nightshift.source.FileVersion;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceState;
import io.nightshift.source.kinds.Sources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/// Looks at the sources of jobs with a trigger, on threads that may wait. Safe for several threads.
final class SourceWatcher implements SourceClient {

    private final Sources sources;
    private final Executor blocking;

    /// @param blocking runs what waits for file systems
    SourceWatcher(Sources sources, Executor blocking) {
        this.sources = sources;
        this.blocking = blocking;
    }

    @Override
    public CompletionStage<Observation> observe(SourceRequest request) {
        return CompletableFuture.supplyAsync(() -> look(request), blocking);
    }

    private Observation look(SourceRequest request) {
        Job job = JobTexts.job(request.text(), request.folder(), request.parameters());
        JobTrigger trigger = job.timing().trigger();
        if (trigger == null) {
            throw FailureException.permanent("the job %s has no trigger".formatted(request.job()));
        }
        if (trigger.marker() != null) {
            return marker(Path.of(trigger.marker()));
        }
        SourceState state = sources.state(job.source());
        return new Observation(
                state.digest(), String.valueOf(job.source().input()), state.rows(), state.files(), state.volumes());
    }

    private Observation marker(Path marker) {
        sources.roots().requireReadable(marker);
        try {
            BasicFileAttributes attributes = Files.readAttributes(marker, BasicFileAttributes.class);
            FileVersion version =
                    new FileVersion(marker.toString(), attributes.size(), attributes.lastModifiedTime(), null);
            return new Observation(SourcePins.digest(List.of(version)), marker.toString(), 0, 1);
        } catch (NoSuchFileException e) {
            return new Observation("", marker.toString(), 0, 0);
        } catch (IOException e) {
            throw SourcePins.unreadable(marker, e);
        }
    }
}
