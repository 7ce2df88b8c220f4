package io.nightshift.node.submission;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.datasource.DataSources;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.plan.SourceInspector.InspectedFile;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.worker.duckdb.DuckDb;
import io.nightshift.worker.model.Model;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.TableColumns;
import io.nightshift.worker.source.ParquetInspector;
import java.util.List;
import java.util.function.Supplier;

/// The one way in: every job that somebody submits, by the command line, HTTP or a message, is checked and
/// resolved here, so that each of them gets the same checks and the same sentences.
///
/// Both methods block on disks and databases, and may be called from any thread and as often as wanted.
public final class SubmissionResolver {

    private final ModelRegistry registry;
    private final Supplier<DuckDb> duckDb;
    private final DataSources dataSources;
    private final int threads;
    private final long memory;

    /// @param registry of the models that jobs may name
    /// @param duckDb opened when a source is first inspected
    /// @param dataSources that jobs may name
    /// @param threads that score on a node
    /// @param memory that a node may use, in bytes
    public SubmissionResolver(
            ModelRegistry registry, Supplier<DuckDb> duckDb, DataSources dataSources, int threads, long memory) {
        this.registry = registry;
        this.duckDb = duckDb;
        this.dataSources = dataSources;
        this.threads = threads;
        this.memory = memory;
    }

    /// What a check found.
    ///
    /// @param model that the job names, loaded
    /// @param files of the source, in the order in which their rows are counted
    /// @param memory that a node needs to score the job
    public record Check(Model model, List<InspectedFile> files, MemoryEstimate memory) {
        public Check {
            files = List.copyOf(files);
        }
    }

    /// A submission with its model.
    ///
    /// @param model the version that the submission names, loaded
    public record Resolved(Submission submission, Model model) {}

    /// Checks everything that can be known before a batch is opened: the job's size, its destination, its
    /// model, the memory it needs, and whether its columns fit source, model and destination. Touches
    /// nothing: no registry, no ledger, no destination.
    ///
    /// @throws FailureException permanent, with a sentence for the job's author, if the job can't run
    public Check check(Job job) {
        return check(job, JobModel.find(job.model(), registry));
    }

    /// Checks a job as [#check] does, then registers its model if that is a file. A job that is refused
    /// registers nothing.
    ///
    /// @throws FailureException as [#check]; transient if the registry or the source can't be read at the
    ///     moment
    public Resolved resolve(Job job) {
        JobModel found = JobModel.find(job.model(), registry);
        check(job, found);
        String input = new ParquetInspector(duckDb).identity(job.source());
        return new Resolved(
                new Submission(job, JobFingerprint.of(job), input, found.registeredIn(registry)), found.model());
    }

    private Check check(Job job, JobModel found) {
        WireLimits.refusal(job).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        DestinationCheck.check(job, dataSources);
        Model model = found.model();
        MemoryEstimate estimate = MemoryEstimate.of(job, model.description(), model.heapBytes(), threads, memory);
        ParquetInspector inspector = new ParquetInspector(duckDb);
        List<InspectedFile> files = inspector.inspect(job, model.description());
        if (job.destination().postgres() != null) {
            new TableColumns(inspector).of(job, model.description());
        }
        return new Check(model, files, estimate);
    }
}
