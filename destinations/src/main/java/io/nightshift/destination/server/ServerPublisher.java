package io.nightshift.destination.server;

import io.nightshift.destination.BatchPublisher;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.Publication;
import io.nightshift.destination.PublicationRefusal;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A batch on a server, which keeps its manifest from the step that shows it to readers.
///
/// @param <C> the columns that a job writes
public abstract class ServerPublisher<C> implements BatchPublisher {

    protected final Destination destination;
    protected final BatchId id;
    private @Nullable String staged;
    private @Nullable String shown;

    protected ServerPublisher(Destination destination, BatchId id) {
        this.destination = destination;
        this.id = id;
    }

    /// Makes the place where attempts stage their output.
    protected abstract void prepare(Job job, C columns);

    /// Shows the batch with its manifest, in one step of the server.
    protected abstract void decide(CommittedBatch batch, String manifest);

    /// Shows the supplement in one step of the server: checks its part, adds its rows, and replaces the quarantined
    /// rows and the manifest, unless a later coordinator has the right to do so.
    ///
    /// @param before the manifest that the supplement follows
    /// @param manifest with the supplement
    protected abstract void addSupplement(CommittedBatch batch, String before, String manifest);

    @Override
    public final boolean isDecided() {
        shown = manifest().orElse(null);
        return shown != null;
    }

    @Override
    public final void stageManifest(CommittedBatch batch) {
        staged = Manifest.text(batch);
    }

    @Override
    public final void decide(CommittedBatch batch) {
        String manifest = Objects.requireNonNull(staged);
        decide(batch, manifest);
        shown = manifest;
    }

    @Override
    public final Publication carryOut(int incarnation) {
        return Publication.of(destination, Objects.requireNonNull(shown));
    }

    /// The manifest of a batch that gets a supplement.
    protected final String requireManifest(CommittedBatch batch) {
        return manifest().orElseThrow(() -> PublicationRefusal.gone(batch, destination));
    }

    @Override
    public final Publication publishSupplement(CommittedBatch batch) {
        String before = requireManifest(batch);
        if (Manifest.hasSupplements(before, batch)) {
            return Publication.of(destination, before);
        }
        String manifest = Manifest.text(batch);
        addSupplement(batch, before, manifest);
        return Publication.of(destination, manifest);
    }
}
