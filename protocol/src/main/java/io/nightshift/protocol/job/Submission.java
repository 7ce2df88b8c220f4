package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A submitted job with its resolved model and the state of its source.
///
/// @param job the validated job
/// @param fingerprint hash of the job's values: two jobs with the same fingerprint ask for the same thing
/// @param input digest of the identities of the source's files when the submission was checked
/// @param model the version to which the job's model reference resolved
/// @param due the tick of the schedule that led to it; null if none did
/// @param reuse what is taken over from a published batch; null if all is scored
/// @param candidate the version that the job's rollout tries; null if there is none to try
/// @param by the name of the token of its caller, or of the caller that applied its job; null if it is not known
/// @param untried why the version that the job's rollout follows can't be tried; null if it is tried, or if there
///     is nothing to try
public record Submission(
        Job job,
        String fingerprint,
        String input,
        ModelVersion model,
        @Nullable Instant due,
        @Nullable Reuse reuse,
        @Nullable ModelVersion candidate,
        @Nullable String by,
        @Nullable String untried) {

    /// A submission whose candidate is known, if its job has one.
    public Submission(
            Job job,
            String fingerprint,
            String input,
            ModelVersion model,
            @Nullable Instant due,
            @Nullable Reuse reuse,
            @Nullable ModelVersion candidate,
            @Nullable String by) {
        this(job, fingerprint, input, model, due, reuse, candidate, by, null);
    }

    /// A submission of an unknown caller.
    public Submission(
            Job job,
            String fingerprint,
            String input,
            ModelVersion model,
            @Nullable Instant due,
            @Nullable Reuse reuse,
            @Nullable ModelVersion candidate) {
        this(job, fingerprint, input, model, due, reuse, candidate, null);
    }

    /// A submission without a candidate.
    public Submission(
            Job job,
            String fingerprint,
            String input,
            ModelVersion model,
            @Nullable Instant due,
            @Nullable Reuse reuse) {
        this(job, fingerprint, input, model, due, reuse, null);
    }

    /// A submission by which everything is scored.
    public Submission(Job job, String fingerprint, String input, ModelVersion model, @Nullable Instant due) {
        this(job, fingerprint, input, model, due, null);
    }

    /// A submission that no schedule has led to.
    public Submission(Job job, String fingerprint, String input, ModelVersion model) {
        this(job, fingerprint, input, model, null);
    }

    /// The same, of a tick.
    ///
    /// @param tick of the schedule
    public Submission at(Instant tick) {
        return new Submission(job, fingerprint, input, model, tick, reuse, candidate, by, untried);
    }

    /// The same with another form of the job.
    ///
    /// @param other the job with the same fingerprint
    public Submission with(Job other) {
        return new Submission(other, fingerprint, input, model, due, reuse, candidate, by, untried);
    }

    /// The same with a candidate.
    ///
    /// @param tried the version that the job's rollout tries; null if there is none to try
    public Submission trying(@Nullable ModelVersion tried) {
        return new Submission(job, fingerprint, input, model, due, reuse, tried, by, null);
    }

    /// The same without a candidate, because the version that the job's rollout follows can't be tried.
    ///
    /// @param reason why
    public Submission untried(String reason) {
        return new Submission(job, fingerprint, input, model, due, reuse, null, by, reason);
    }

    /// The same with its caller.
    ///
    /// @param name of the token of its caller, or of the caller that applied its job; null if it is not known
    public Submission by(@Nullable String name) {
        return new Submission(job, fingerprint, input, model, due, reuse, candidate, name, untried);
    }

    /// The times that a batch of a job with new times reads; null for other jobs, and before the batch is
    /// opened.
    public NewTimes.@Nullable Pinned pinned() {
        return job.incremental() instanceof NewTimes times ? times.pinned() : null;
    }

    /// Whether both submissions would score the same input with the same model in the same way.
    ///
    /// @param other a submission of any job
    public boolean isEquivalentTo(Submission other) {
        return fingerprint.equals(other.fingerprint) && input.equals(other.input) && model.equals(other.model);
    }
}
