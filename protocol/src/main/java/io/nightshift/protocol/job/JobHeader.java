package io.nightshift.protocol.job;

import java.util.List;
import java.util.Set;

/// The part of a job file that does not depend on the values of its parameters.
///
/// @param name the job's name
/// @param parameters in the order of the file
/// @param timing when batches start, and when they may work
/// @param priority 0 to 10: batches of a greater one get workers first
/// @param alerts who is told of problems
/// @param effects on more than the job's own batches
public record JobHeader(
        String name,
        List<ParameterDeclaration> parameters,
        JobTiming timing,
        int priority,
        List<AlertRule> alerts,
        Set<JobEffect> effects) {

    public JobHeader {
        parameters = List.copyOf(parameters);
        alerts = List.copyOf(alerts);
        effects = Set.copyOf(effects);
    }
}
