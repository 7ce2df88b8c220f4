package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.CategoryLists;
import io.nightshift.protocol.job.ValueType.ParameterList;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Whole;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The keys of a job file: the one description that the parser checks against, and that the tests hold the
/// JSON Schema and the reference page to. Each large section has a class with its keys and what must hold
/// between them, such as [SourceKeys].
final class JobKeys {

    static final Section ROOT = new Section(List.of(
                    JobKey.required(
                                    "job",
                                    new Text(Form.NAME),
                                    "The job's name, which is its identity: batches of the same name belong together.",
                                    "flight-delays")
                            .inFingerprint(Job.class, Job::name),
                    JobKey.required(
                                    "model",
                                    new Text(Form.MODEL),
                                    "The model that scores the rows. `name` means the version with the alias `champion`, or the newest version if there is no such alias; `name@3` means version 3; `name@alias` means the version to which the alias points; `name@sha256:` and 64 hexadecimal digits mean the version with this digest. `mlflow:/name@alias`, `mlflow:/name/7` and `mlflow:/runs/ID/path` mean [a model of an MLflow server](../how-to/mlflow.md). Any other text that contains a `/` or ends in "
                                            + String.join(", ", ModelReference.EXTENSIONS)
                                            + ", is the path of a model file, which the batch uses by its digest.",
                                    "delays@3")
                            .inFingerprint(Job.class, job -> job.model().text()),
                    JobKey.optional(
                                    "features",
                                    new Texts(Form.EXPRESSION, 1, false),
                                    "The model's inputs, in the model's order: columns of the source, keys of `source.select`, or DuckDB SQL expressions. Omit this key if the model names its features.",
                                    "[dep_delay, distance, hour]")
                            .inFingerprint(Job.class, Job::features),
                    JobKey.optional(
                                    "categories",
                                    new CategoryLists(),
                                    "The categories of features whose column holds texts, in the order of the numbers that stand for them in the model, from 0. Omit this key if `nightshift model show` lists the categories.",
                                    "{plan: [basic, plus, premium]}")
                            .inFingerprintByName(Job.class, JobKeys::categories),
                    JobKey.optional(
                                    JobParameters.KEY,
                                    new ParameterList(),
                                    "What differs from one run of the job to the next: for each name a type, or a map of `type` and `default`. Paths, and SQL expressions in `features` and `source`, contain `{name}` where the value belongs. `--param name=value` gives the value.",
                                    "{day: {type: date, default: 2026-11-25}}")
                            .from(Job.class, JobKeys::parameters)
                            .withLines(Job.class, JobKeys::print),
                    SourceKeys.KEY,
                    DestinationKeys.KEY,
                    PartitionKeys.KEY,
                    ErrorKeys.ERRORS,
                    CheckKeys.KEY,
                    RolloutKeys.KEY,
                    ErrorKeys.RETRY,
                    ScheduleKeys.TIME_ZONE,
                    ScheduleKeys.SCHEDULE,
                    ScheduleKeys.TRIGGER,
                    ScheduleKeys.WINDOW,
                    ScheduleKeys.DEADLINE,
                    JobKey.optional(
                                    "priority",
                                    new Whole(0, Job.HIGHEST_PRIORITY),
                                    "How large a share of the workers the batches of the job get while other jobs have work, too. Each step doubles the share.",
                                    "8")
                            .or((long) Job.DEFAULT_PRIORITY)
                            .from(Job.class, job -> job.priority() == Job.DEFAULT_PRIORITY ? null : job.priority()),
                    ScheduleKeys.LIMITS,
                    AlertKeys.KEY,
                    IncrementalKeys.KEY,
                    OutputKeys.KEY))
            .writing("output", "time-zone")
            .writing("checks", null)
            .writing("rollout", null)
            .writing(JobParameters.KEY, null);

    private JobKeys() {}

    private static Map<String, Object> categories(Job job) {
        Map<String, Object> categories = new LinkedHashMap<>();
        job.categories().forEach(list -> categories.put(list.feature(), list.names()));
        return categories;
    }

    private static Map<String, Object> parameters(Job job) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (Parameter parameter : job.parameters()) {
            Map<String, String> written = new LinkedHashMap<>();
            written.put("type", parameter.type().text());
            written.put("default", parameter.value());
            parameters.put(parameter.name(), written);
        }
        return parameters;
    }

    private static void print(JobFingerprint print, Job job) {
        for (Parameter parameter : RunKey.of(job).parameters()) {
            print.add(
                    JobKey.path(JobParameters.KEY, parameter.name()),
                    List.of(parameter.type().text(), parameter.value()));
        }
    }
}
