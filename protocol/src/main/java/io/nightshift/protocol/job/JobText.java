package io.nightshift.protocol.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// Writes a job as a job file in JSON, which is also YAML. [JobFile#parse(byte[])] returns an equal job. Keys
/// of schedules and alerts that have their default are left out, so that a node of an earlier version reads
/// the text.
public final class JobText {

    /// Escapes every character that isn't ASCII, because YAML allows fewer unescaped characters than JSON.
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private JobText() {}

    /// The text of a job file in JSON with the same values.
    ///
    /// @param job the job
    public static String of(Job job) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("job", job.name());
        root.put("model", job.model().text());
        putTexts(root, "features", job.features());
        if (!job.categories().isEmpty()) {
            ObjectNode categories = root.putObject("categories");
            job.categories().forEach(list -> putTexts(categories, list.feature(), list.names()));
        }
        source(root.putObject("source"), job.source());
        ObjectNode destination = root.putObject("destination");
        put(destination, Kinds.write(job.destination()));
        if (job.output().newSchema()) {
            destination.put("schema", "new");
        }
        if (job.retention() != null) {
            retention(destination.putObject("retention"), job.retention());
        }
        if (!job.partitions().chosen()) {
            partitions(root.putObject("partitions"), job.partitions());
        }
        errors(root.putObject("errors"), job.errors());
        if (job.retry() != null) {
            retry(root.putObject("retry"), job.retry());
        }
        output(root.putObject("output"), job.output());
        timing(root, job.timing());
        if (job.priority() != Job.DEFAULT_PRIORITY) {
            root.put("priority", job.priority());
        }
        if (job.timing().threads() != null) {
            ThreadLimit threads = job.timing().threads();
            ObjectNode limits = root.putObject("limits");
            if (threads.percent()) {
                limits.put("threads", threads.text());
            } else {
                limits.put("threads", threads.number());
            }
        }
        if (!job.alerts().isEmpty()) {
            alerts(root.putArray("alerts"), job.alerts());
        }
        Incremental incremental = job.incremental();
        if (incremental != null) {
            ObjectNode section = root.putObject("incremental");
            switch (incremental) {
                case NewTimes times ->
                    section.put("column", times.column())
                            .put("lateness", text(times.lateness()))
                            .put("time-zone", times.timeZone());
                case NewFiles files -> section.put("files", "new");
                case ChangedRows changed -> changed.columns().forEach(section.putArray("changed")::add);
            }
            section.put("full", incremental.full());
        }
        if (!job.checks().isEmpty()) {
            checks(root.putObject("checks"), job.checks());
        }
        if (job.rollout() != null) {
            rollout(root.putObject("rollout"), job.rollout());
        }
        if (!job.parameters().isEmpty()) {
            escape(root);
            ObjectNode parameters = root.putObject(JobParameters.KEY);
            job.parameters()
                    .forEach(parameter -> parameters
                            .putObject(parameter.name())
                            .put("type", parameter.type().text())
                            .put("default", parameter.value()));
        }
        templates(root, job.timing());
        try {
            return MAPPER.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    private static void rollout(ObjectNode section, Rollout rollout) {
        section.put("candidate", rollout.candidate().text())
                .put("mode", rollout.mode().text());
        if (!rollout.isCanary()) {
            section.put("sample", rollout.share()).put("differences", rollout.differences());
            return;
        }
        section.put("share", rollout.share())
                .put("on-pass", rollout.onPass().text())
                .put("on-fail", rollout.onFail().text());
        ObjectNode guards = section.putObject("guards");
        rollout.guards().forEach(guard -> guards.put(guard.measure().text(), guard.limit()));
    }

    private static void checks(ObjectNode checks, List<BatchCheck> all) {
        for (BatchCheck check : all) {
            BatchCheck.Measure measure = check.measure();
            String[] path = measure.text().split("[.]", 2);
            ObjectNode section = section(checks, path[0]);
            if (path.length == 1) {
                section = section.putObject(check.column() == null ? BatchCheck.ALL : check.column());
            }
            section.put("on-fail", check.onFail().text());
            switch (measure) {
                case ROWS_MIN, ROWS_MAX -> section.put(path[1], (long) check.limit());
                case ROWS_CHANGE, PREDICTION_NULLS, PREDICTION_MEAN, PREDICTION_PSI ->
                    section.put(path[1], check.limit());
                case NULLS, PSI, UNSEEN -> section.put("max", check.limit());
                case RANGE -> range(section.put("max-rate", check.limit()), check);
                case PREDICTION_RANGE -> range(section, check);
            }
            if (check.baseline() != null) {
                checks.put("baseline", check.baseline());
            }
        }
    }

    private static ObjectNode section(ObjectNode node, String name) {
        return node.get(name) instanceof ObjectNode section ? section : node.putObject(name);
    }

    private static void range(ObjectNode node, BatchCheck check) {
        if (check.min() != null) {
            node.put("min", check.min());
        }
        if (check.max() != null) {
            node.put("max", check.max());
        }
    }

    /// Doubles braces that look like placeholders, since the values are in the texts already.
    private static void escape(JsonNode node) {
        switch (node) {
            case ObjectNode object ->
                object.properties().forEach(entry -> {
                    if (entry.getValue() instanceof TextNode text) {
                        entry.setValue(TextNode.valueOf(JobParameters.escaped(text.textValue())));
                    } else {
                        escape(entry.getValue());
                    }
                });
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    if (array.get(i) instanceof TextNode text) {
                        array.set(i, TextNode.valueOf(JobParameters.escaped(text.textValue())));
                    } else {
                        escape(array.get(i));
                    }
                }
            }
            default -> {}
        }
    }

    private static void source(ObjectNode node, Job.Source source) {
        put(node, Kinds.write(source.input()));
        if (!source.lookups().isEmpty()) {
            ArrayNode join = node.putArray("join");
            for (Lookup lookup : source.lookups()) {
                ObjectNode item = join.addObject();
                put(item, Kinds.write(lookup.input()));
                lookup.write().forEach((name, value) -> item.set(name, MAPPER.valueToTree(value)));
            }
        }
        if (source.id() != null) {
            node.put("id", source.id()).put("unique-id", source.uniqueId());
        }
        if (!source.select().isEmpty()) {
            ObjectNode select = node.putObject("select");
            source.select().forEach(select::put);
        }
        if (source.where() != null) {
            node.put("where", source.where());
        }
        if (source.unseen() != null) {
            node.put("unseen-categories", source.unseen().name().toLowerCase(Locale.ROOT));
        }
        node.put("on-empty", source.failsIfEmpty() ? "fail" : "publish");
        if (source.onChange() != null) {
            node.put("on-change", source.onChange().name().toLowerCase(Locale.ROOT));
        }
    }

    /// Writes a source or destination under the key of its kind.
    private static void put(ObjectNode node, Kind.Written written) {
        Object only = written.values().get("");
        if (only != null) {
            node.set(written.name(), MAPPER.valueToTree(only));
            return;
        }
        ObjectNode section = node.putObject(written.name());
        written.values().forEach((name, value) -> section.set(name, MAPPER.valueToTree(value)));
    }

    private static void retention(ObjectNode node, Retention retention) {
        if (retention.keep() != null) {
            node.put("keep", retention.keep());
        }
        if (retention.age() != null) {
            node.put("for", text(retention.age()));
        }
    }

    private static void partitions(ObjectNode node, Job.Partitions partitions) {
        PartitionKey key = partitions.key();
        if (key == null || key.rows()) {
            node.put("rows", partitions.rows());
        }
        if (key == null) {
            return;
        }
        node.put("by", key.by());
        if (key.count() != null) {
            node.put("count", key.count());
        }
        putTexts(node, "ranges", key.ranges());
        if (key.every() != null) {
            node.put("every", key.every().text()).put("time-zone", key.timeZone());
        }
        if (key.column() != null) {
            node.put("column", key.column());
        }
        if (key.folder() != null) {
            node.put("folder", key.folder());
        }
    }

    private static void errors(ObjectNode node, Job.ErrorPolicy errors) {
        node.put("max-rate", errors.maxRate());
        if (errors.maxRows() != null) {
            node.put("max-rows", errors.maxRows());
        }
        node.put("on-failed-partition", errors.scoresTheRest() ? "continue" : "fail");
    }

    private static void retry(ObjectNode node, Job.Retry retry) {
        if (retry.attempts() != null) {
            node.put("attempts", retry.attempts());
        }
        if (retry.storage() != null) {
            node.put("storage", text(retry.storage()));
        }
        if (retry.database() != null) {
            node.put("database", text(retry.database()));
        }
        if (retry.node() != null) {
            node.put("node", text(retry.node()));
        }
    }

    private static void output(ObjectNode node, Job.Output output) {
        putTexts(node, "columns", output.columns());
        node.put("margin", output.margin());
        if (!output.labels().isEmpty()) {
            node.set("labels", MAPPER.valueToTree(output.labels()));
        }
        if (output.topClasses() > 0) {
            node.put("top-classes", output.topClasses());
        }
        for (OutputDecision decision : output.decisions()) {
            ObjectNode section = section(node, "decisions").putObject(decision.name());
            section.put("threshold", decision.threshold());
            if (decision.ofClass() != null) {
                section.put("class", decision.ofClass());
            }
            if (decision.segment() != null) {
                section.put("by", decision.segment()).set("thresholds", MAPPER.valueToTree(decision.thresholds()));
            }
        }
        for (OutputConstant constant : output.constants()) {
            section(node, "constants")
                    .putObject(constant.name())
                    .put(constant.type().text(), constant.value());
        }
        if (!output.rename().isEmpty()) {
            node.set("rename", MAPPER.valueToTree(output.rename()));
        }
    }

    private static void timing(ObjectNode node, JobTiming timing) {
        if (!timing.timeZone().equals(JobTiming.ANY_TIME.timeZone())) {
            node.put("time-zone", timing.timeZone());
        }
        if (timing.schedule() != null) {
            schedule(node.putObject("schedule"), timing.schedule());
        }
        if (timing.trigger() != null) {
            trigger(node.putObject("trigger"), timing.trigger());
        }
        if (timing.window() != null) {
            node.putObject("window")
                    .put("from", timing.window().from())
                    .put("to", timing.window().to())
                    .put("outside", text(timing.window().outside()));
        }
        if (timing.deadline() != null) {
            node.put("deadline", timing.deadline());
        }
    }

    private static void schedule(ObjectNode node, JobSchedule schedule) {
        node.put("cron", schedule.cron());
        if (schedule.start() != null) {
            node.put("start", schedule.start());
        }
        if (schedule.end() != null) {
            node.put("end", schedule.end());
        }
        if (schedule.jitter() != null) {
            node.put("jitter", text(schedule.jitter()));
        }
        node.put("catch-up", text(schedule.catchUp())).put("overlap", text(schedule.overlap()));
    }

    private static void trigger(ObjectNode node, JobTrigger trigger) {
        ObjectNode when = node.putObject("when");
        if (trigger.rows() != null) {
            when.put("rows", trigger.rows());
        }
        if (trigger.files() != null) {
            when.put("files", trigger.files());
        }
        if (trigger.marker() != null) {
            when.put("marker", trigger.marker());
        }
        node.put("every", text(trigger.every()));
    }

    /// Their placeholders are no parameters, so they are written as they are.
    private static void templates(ObjectNode root, JobTiming timing) {
        if (timing.schedule() != null) {
            root.withObject("/schedule")
                    .set("parameters", MAPPER.valueToTree(timing.schedule().parameters()));
        }
        if (timing.trigger() != null) {
            root.withObject("/trigger")
                    .set("parameters", MAPPER.valueToTree(timing.trigger().parameters()));
        }
    }

    private static void alerts(ArrayNode rules, List<AlertRule> alerts) {
        for (AlertRule alert : alerts) {
            ObjectNode rule = rules.addObject();
            putTexts(rule, "on", alert.causes().stream().map(AlertCause::text).toList());
            rule.put("to", alert.channel());
        }
    }

    private static String text(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /// In the largest unit that has a whole number.
    static String text(Duration time) {
        if (time.toSecondsPart() > 0 || time.isZero()) {
            return time.toSeconds() + "s";
        }
        if (time.toMinutesPart() > 0) {
            return time.toMinutes() + "m";
        }
        return time.toHoursPart() > 0 ? time.toHours() + "h" : time.toDays() + "d";
    }

    /// A list that may be left out, and may not be empty.
    private static void putTexts(ObjectNode node, String key, List<String> texts) {
        if (!texts.isEmpty()) {
            texts.forEach(node.putArray(key)::add);
        }
    }
}
