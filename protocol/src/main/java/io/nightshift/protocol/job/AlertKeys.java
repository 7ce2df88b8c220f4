package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.AlertRules;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The key `alerts` of a job file.
final class AlertKeys {

    /// The words for causes, for people.
    private static final String CAUSES =
            Stream.of(AlertCause.values()).map(AlertCause::text).collect(Collectors.joining(", "));

    private static final Section RULE = new Section(List.of(
            JobKey.required("on", new Texts(Form.NAME, 1, true), "", "")
                    .from(
                            AlertRule.class,
                            rule -> rule.causes().stream().map(AlertCause::text).toList()),
            JobKey.required("to", new Text(Form.NAME), "", "").from(AlertRule.class, AlertRule::channel)));

    static final JobKey KEY = JobKey.optional(
                    "alerts",
                    new AlertRules(),
                    "Which alerts are sent where. Each entry names a channel of the nodes' configuration in `to`, and one or more causes in `on`: "
                            + CAUSES + ".",
                    "[{on: [failed, deadline-missed], to: ops}]")
            .from(Job.class, job -> job.alerts().stream().map(RULE::values).toList());

    private AlertKeys() {}

    static @Nullable List<AlertRule> alerts(JobCheck check, AlertRules type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        List<AlertRule> rules = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            if (!(item instanceof Mapping mapping)) {
                check.refuse(item, path, "a map with the keys on and to", null);
                continue;
            }
            int before = check.mistakes();
            check.section(RULE, path, mapping, item.line());
            if (check.mistakes() > before) {
                continue;
            }
            JobValues entry = check.values(path);
            List<AlertCause> causes = new ArrayList<>();
            for (String cause : entry.texts("on")) {
                AlertCause.of(cause)
                        .ifPresentOrElse(
                                causes::add,
                                () -> check.add(new Mistake(
                                        item.line(),
                                        JobKey.path(path, "on"),
                                        "\"" + YamlValue.shortened(cause) + "\"",
                                        "one of " + CAUSES,
                                        Suggestion.nearest(
                                                cause,
                                                Stream.of(AlertCause.values())
                                                        .map(AlertCause::text)
                                                        .toList()))));
            }
            rules.add(new AlertRule(causes, entry.text("to")));
        }
        return rules;
    }
}
