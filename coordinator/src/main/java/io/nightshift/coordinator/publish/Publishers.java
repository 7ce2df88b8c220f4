package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.batch.Publisher;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import java.util.Optional;

/// Publishes each batch in the way of its job's destination.
public final class Publishers implements Publisher {

    private final Publisher folders;
    private final Publisher tables;

    /// @param folders for destinations that are folders
    /// @param tables for those that are tables of a database
    public Publishers(Publisher folders, Publisher tables) {
        this.folders = folders;
        this.tables = tables;
    }

    private Publisher of(Job job) {
        return job.destination().postgres() == null ? folders : tables;
    }

    @Override
    public void prepare(BatchId batch, Job job) {
        of(job).prepare(batch, job);
    }

    @Override
    public String staging(BatchId batch, Job job) {
        return of(job).staging(batch, job);
    }

    @Override
    public Publication publish(BatchState state) {
        return of(state.submission().job()).publish(state);
    }

    @Override
    public Optional<Publication> fence(BatchState state) {
        return of(state.submission().job()).fence(state);
    }

    @Override
    public void discard(BatchId batch, Job job) {
        of(job).discard(batch, job);
    }
}
