package io.nightshift.protocol.job;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The identity of a run: the job and the values of its parameters. A run has at most one open batch.
///
/// @param job the job's name
/// @param parameters sorted by name; empty for a job without parameters, which has one run
public record RunKey(String job, List<Parameter> parameters) {

    public RunKey {
        parameters = parameters.stream()
                .sorted(Comparator.comparing(Parameter::name))
                .toList();
    }

    /// The run that a job belongs to.
    public static RunKey of(Job job) {
        return new RunKey(job.name(), job.parameters());
    }

    /// The parameters with their values, such as `day=2026-11-25 region=eu`; empty for a job without parameters.
    public String values() {
        return parameters.stream().map(Parameter::toString).collect(Collectors.joining(" "));
    }

    /// The values as text by the names of their parameters.
    public Map<String, String> toMap() {
        return parameters.stream().collect(Collectors.toMap(Parameter::name, Parameter::value));
    }

    /// Such as `churn day=2026-11-25`, for people.
    @Override
    public String toString() {
        return parameters.isEmpty() ? job : job + " " + values();
    }
}
