package io.nightshift.node.gateway;

import io.nightshift.api.operation.Role;
import io.nightshift.protocol.job.JobEffect;
import java.util.Set;

/// Decides which role a caller needs for the keys of a job file. A job may change no more than its author could
/// change by a request.
public final class JobPermissions {

    private JobPermissions() {}

    /// Checks a job before it is submitted or applied. A refusal is logged in the audit log.
    ///
    /// @param action such as `submit`
    /// @param effects of the job on more than its own batches
    /// @throws ProblemException if an effect needs another role than the caller has
    public static void check(Caller caller, String action, String job, Set<JobEffect> effects) {
        for (JobEffect effect : effects) {
            Role needed = role(effect);
            if (!caller.role().covers(needed)) {
                ProblemException refusal = ProblemException.forbidden(
                        "The token %s has the role %s, but %s in the job file needs the role %s, because it %s. Remove it, or ask someone with this role to apply the job."
                                .formatted(caller.name(), caller.role(), effect.key(), needed, reason(effect)));
                AuditLog.log(caller, action, job, "denied", refusal.problem().detail());
                throw refusal;
            }
        }
    }

    private static Role role(JobEffect effect) {
        return switch (effect) {
            case DELETES_BATCHES -> Role.ADMIN;
            case MOVES_ALIAS, ADDS_VERSIONS -> Role.MODELS;
        };
    }

    private static String reason(JobEffect effect) {
        return switch (effect) {
            case DELETES_BATCHES -> "deletes published batches";
            case MOVES_ALIAS -> "moves an alias of a model";
            case ADDS_VERSIONS -> "copies versions to a model of the registry";
        };
    }

    /// The detail in the audit log for an admitted job, such as `with destination.retention`; empty if the job
    /// affects only its own batches.
    public static String text(Set<JobEffect> effects) {
        return effects.isEmpty()
                ? ""
                : "with "
                        + String.join(
                                " and ",
                                effects.stream().map(JobEffect::key).sorted().toList());
    }
}
