package io.nightshift.node.configuration;

import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.node.submission.PlanLimits;

/// The section `nightshift.admission`: how much work callers may give to the cluster.
///
/// @param submissions the limits of submissions
/// @param plans the largest plan of a batch
public record AdmissionSettings(SubmissionQueue.Limits submissions, PlanLimits plans) {

    static AdmissionSettings read(ConfigurationSection admission) {
        SubmissionQueue.Limits standard = SubmissionQueue.Limits.DEFAULT;
        SubmissionQueue.Limits submissions = new SubmissionQueue.Limits(
                admission.number(
                        "inspections",
                        standard.inspections(),
                        1,
                        1_000,
                        KeyMeaning.of(
                                "The submissions that are inspected at the same time. Inspecting one reads the footers of all its input files.")),
                admission.number(
                        "waiting",
                        standard.waiting(),
                        1,
                        100_000,
                        KeyMeaning.of("The submissions that wait to be inspected.")),
                admission.number(
                        "per-caller",
                        standard.perCaller(),
                        1,
                        100_000,
                        KeyMeaning.of("The submissions of one token that are inspected or wait.")),
                admission.number(
                        "open-per-caller",
                        standard.openPerCaller(),
                        1,
                        100_000,
                        KeyMeaning.of(
                                "The batches of one token that are open in the cluster. A failed batch is open until it is cancelled. A submission that resumes an open batch is accepted in any case.")));
        PlanLimits largest = PlanLimits.LARGEST;
        PlanLimits plans = new PlanLimits(
                admission.number(
                        "files",
                        largest.files(),
                        1,
                        largest.files(),
                        KeyMeaning.of("The input files of a batch. A job with more is rejected.")),
                admission.number(
                        "partitions",
                        largest.partitions(),
                        1,
                        largest.partitions(),
                        KeyMeaning.of("The partitions of a batch. A job with more is rejected.")));
        admission.end();
        return new AdmissionSettings(submissions, plans);
    }
}
