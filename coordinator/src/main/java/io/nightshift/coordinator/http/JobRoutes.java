package io.nightshift.coordinator.http;

import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.protocol.api.JobList;
import io.nightshift.protocol.api.JobList.JobDescription;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/// What jobs there were.
final class JobRoutes {

    private JobRoutes() {}

    static List<Endpoint> endpoints(Batches batches) {
        return List.of(Endpoint.get(
                "/v1/jobs",
                Role.READ,
                Set.of(),
                call -> batches.register().thenApply(register -> Responses.json(200, jobs(register)))));
    }

    private static JobList jobs(JobsState register) {
        TreeMap<String, JobDescription> jobs = new TreeMap<>();
        for (JobsState.Entry entry : register.all()) {
            String name = entry.opened().submission().job().name();
            JobDescription before = jobs.get(name);
            jobs.put(
                    name,
                    new JobDescription(
                            name,
                            before == null ? 1 : before.batches() + 1,
                            entry.opened().batch().value(),
                            entry.opened().at()));
        }
        return new JobList(List.copyOf(jobs.values()));
    }
}
