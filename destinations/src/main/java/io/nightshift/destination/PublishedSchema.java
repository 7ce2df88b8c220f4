package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.OutputSchema;
import java.io.IOException;
import java.util.Optional;

/// The schema of a published batch.
///
/// @param batch the newest of its job at the destination
/// @param schema of its predictions
public record PublishedSchema(BatchId batch, OutputSchema schema) {

    /// The schema of the newest published batch of a job. Nothing if there is no batch, if an earlier version has
    /// published it without a schema, or if the destination can't be reached now.
    ///
    /// @param job its name
    /// @throws FailureException permanent, if the destination can't be read
    public static Optional<PublishedSchema> newest(DestinationStore destination, String job) {
        try {
            return destination
                    .newest(job)
                    .flatMap(batch -> destination
                            .manifest(batch)
                            .flatMap(manifest -> of(batch, manifest))
                            .map(schema -> new PublishedSchema(batch, schema)));
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static Optional<OutputSchema> of(BatchId batch, String manifest) {
        try {
            return Optional.ofNullable(Manifest.schema(manifest));
        } catch (IOException e) {
            throw new FailureException(
                    Failure.permanent(
                            "the manifest of %s is damaged: %s. Compare the batch with its ledger: nightshift batch verify %1$s"
                                    .formatted(batch, e.getMessage())),
                    e);
        }
    }
}
