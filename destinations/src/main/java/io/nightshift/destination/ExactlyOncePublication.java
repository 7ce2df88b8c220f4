package io.nightshift.destination;

import java.util.Optional;

/// The order in which a batch is published, by which readers see it exactly once.
///
/// 1. **Claim.** No earlier coordinator decides any more. What is decided is certain only now.
/// 2. **Check** the parts, the rows and the IDs, against the ledger.
/// 3. **Manifest.** From here on, only the decision is left.
/// 4. **Last question.** The caller may still refuse. Several destinations are published one inside the last
///    question of the other.
/// 5. **Decide**, in one atomic step, which fails if a later coordinator has claimed the batch.
/// 6. **Carry out** what was decided. Any coordinator can, at any time after a crash.
public final class ExactlyOncePublication {

    private ExactlyOncePublication() {}

    /// Publishes a batch, as [DestinationStore#publish(CommittedBatch, Runnable)].
    public static Publication publish(PublicationSteps steps, CommittedBatch batch, Runnable lastQuestion) {
        boolean isOpen = !steps.isDecided();
        if (isOpen && !steps.claim(batch.incarnation())) {
            throw PublicationRefusal.superseded(batch);
        }
        isOpen = isOpen && !steps.isDecided();
        if (isOpen) {
            steps.requireParts(batch);
            steps.requireRows(batch);
            steps.refuseRepeatedIds(batch);
            steps.stageManifest(batch);
        }
        lastQuestion.run();
        if (isOpen) {
            steps.decide(batch);
        }
        Publication publication = steps.carryOut(batch.incarnation());
        steps.removeStaged(batch.incarnation());
        return publication;
    }

    /// Fences earlier coordinators off, as [DestinationStore#fence].
    public static Optional<Publication> fence(PublicationSteps steps, int incarnation) {
        if (!steps.isDecided()) {
            steps.fence(incarnation);
        }
        return steps.isDecided() ? Optional.of(steps.carryOut(incarnation)) : Optional.empty();
    }
}
