package io.nightshift.coordinator.retention;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Retention;
import io.nightshift.protocol.job.RunKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// Which batches a retention removes. Pure.
///
/// A retention counts the batches at each destination of its job on their own. Once a batch of the job has a
/// retention, later batches without one are not counted. So a caller without the permission to delete can't push
/// out other people's batches by submissions.
///
/// Some batches are promised to readers, and no retention removes them: the newest batch at each destination,
/// by submission and by publication, and the newest batch of a run that has an open batch, because readers
/// use it until that one is published.
final class RetentionRules {

    private static final Comparator<RetainedBatch> BY_SUBMISSION =
            Comparator.comparingLong(RetainedBatch::number).thenComparing(RetainedBatch::batch);
    private static final Comparator<RetainedBatch> BY_PUBLICATION =
            Comparator.comparing(RetainedBatch::publishedAt).thenComparing(BY_SUBMISSION);

    private RetentionRules() {}

    /// The batches to remove, the oldest first.
    ///
    /// @param published all published batches of a job that are not being removed, in any order
    /// @param retention that holds for the job
    /// @param isOpen whether a run has an open batch
    static List<RetainedBatch> expired(
            List<RetainedBatch> published, Retention retention, Predicate<RunKey> isOpen, Instant now) {
        Set<BatchId> promised = promised(published, isOpen);
        long first = published.stream()
                .filter(RetainedBatch::counts)
                .mapToLong(RetainedBatch::number)
                .min()
                .orElse(Long.MAX_VALUE);
        Map<String, Integer> newer = new HashMap<>();
        List<RetainedBatch> expired = new ArrayList<>();
        for (RetainedBatch batch :
                published.stream().sorted(BY_SUBMISSION.reversed()).toList()) {
            int counted = batch.counts() || batch.number() < first ? 1 : 0;
            int position = newer.merge(batch.destination(), counted, Integer::sum) + 1 - counted;
            boolean isBeyond = retention.keep() == null || position > retention.keep();
            boolean isOld = retention.age() == null
                    || batch.publishedAt().plus(retention.age()).isBefore(now);
            if (isBeyond && isOld && !promised.contains(batch.batch())) {
                expired.add(batch);
            }
        }
        return expired.reversed();
    }

    /// The batches that are promised to readers.
    static Set<BatchId> promised(List<RetainedBatch> published, Predicate<RunKey> isOpen) {
        Map<Object, RetainedBatch> newest = new HashMap<>();
        Map<String, RetainedBatch> latest = new HashMap<>();
        for (RetainedBatch batch : published) {
            newest.merge(batch.destination(), batch, RetentionRules::newer);
            latest.merge(
                    batch.destination(), batch, (one, other) -> BY_PUBLICATION.compare(one, other) > 0 ? one : other);
            if (isOpen.test(batch.run())) {
                newest.merge(batch.run(), batch, RetentionRules::newer);
            }
        }
        Set<BatchId> promised = new HashSet<>();
        newest.values().forEach(batch -> promised.add(batch.batch()));
        latest.values().forEach(batch -> promised.add(batch.batch()));
        return promised;
    }

    private static RetainedBatch newer(RetainedBatch one, RetainedBatch other) {
        return BY_SUBMISSION.compare(one, other) > 0 ? one : other;
    }
}
