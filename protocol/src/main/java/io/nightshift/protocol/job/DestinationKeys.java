package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Members;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Time;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The section `destination` of a job file. Each kind of destination has its keys in its own class: see [Kinds].
final class DestinationKeys {

    static final JobKey KEY = JobKey.required(
                    "destination",
                    new Section(
                            Kinds.keys(
                                    Kinds.DESTINATIONS,
                                    Job.class,
                                    job -> Kinds.write(job.destination()),
                                    JobKey.optional(
                                                    "schema",
                                                    new Choice(List.of("compatible", "new")),
                                                    "Whether the columns may differ from those of the newest published batch of the job at the destination. `compatible`: columns may be added, and a batch that removes a column or changes its type is refused. `new`: any change is allowed. You can change this key while a batch is open.",
                                                    "new")
                                            .or("compatible")
                                            .from(Job.class, job -> job.output().newSchema() ? "new" : null),
                                    JobKey.optional(
                                                    "retention",
                                                    new Section(List.of(
                                                            JobKey.optional(
                                                                            "keep",
                                                                            new Whole(1, 1_000_000),
                                                                            "How many published batches of the job are kept, the newest ones.",
                                                                            "30")
                                                                    .from(Retention.class, Retention::keep),
                                                            JobKey.optional(
                                                                            "for",
                                                                            new Time(),
                                                                            "How long a batch is kept after its publication.",
                                                                            "90d")
                                                                    .from(Retention.class, Retention::age))),
                                                    "Which published batches the cluster [removes](../how-to/retention.md) by itself. With both keys, a batch is removed if it is neither among the newest `keep` nor younger than `for`. Without this section, no batch is removed. You can change these keys while a batch is open.",
                                                    "")
                                            .from(Job.class, Job::retention)),
                            Kinds.DESTINATIONS.stream().map(Kind::name).toList()),
                    "Where the predictions are written.",
                    "")
            .from(Job.class, job -> job);

    private DestinationKeys() {}

    static void check(JobCheck check, Mapping root) {
        Mapping destination = JobCheck.below(root, "destination");
        if (destination != null) {
            retention(check, destination);
            ParquetDestination.check(check, destination, "destination");
        }
    }

    private static void retention(JobCheck check, Mapping destination) {
        Member retention = destination.entry("retention");
        if (retention == null) {
            return;
        }
        if (retention.value() instanceof Mapping limits && limits.entries().isEmpty()) {
            check.add(new Mistake(
                    retention.line(),
                    "destination.retention",
                    "neither keep nor for",
                    "one of the keys, or both",
                    null));
        }
        if (Duration.ZERO.equals(check.value("destination.retention.for"))) {
            check.add(new Mistake(
                    retention.line(), "destination.retention.for", "no time at all", "a time such as 90d", null));
        }
    }

    /// The destinations of `destination.several`.
    static @Nullable List<Destination> members(JobCheck check, Members type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence) || sequence.items().size() < 2) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        List<Destination> members = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            YamlValue item = sequence.items().get(i);
            String itemPath = "%s[%d]".formatted(path, i);
            int before = check.mistakes();
            if (!(item instanceof Mapping mapping)) {
                check.refuse(item, itemPath, Members.section().expectation(), null);
                continue;
            }
            check.section(Members.section(), itemPath, mapping, item.line());
            ParquetDestination.check(check, mapping, itemPath);
            if (check.mistakes() == before) {
                Destination member = Kinds.member(check.values(""), itemPath);
                refuseConflict(check, members, member, itemPath, item.line());
                members.add(member);
            }
        }
        return members;
    }

    private static void refuseConflict(
            JobCheck check, List<Destination> members, Destination added, String path, int line) {
        for (Destination member : members) {
            String conflict = SeveralDestinations.conflict(member, added, UnaryOperator.identity());
            if (conflict != null) {
                check.add(new Mistake(
                        line,
                        path,
                        "%s and %s: %s".formatted(member, added, conflict),
                        "a place of its own for each destination",
                        null));
            }
        }
    }

    /// How long batches are kept; null: until someone deletes them.
    static @Nullable Retention retention(JobValues values) {
        Integer keep = values.numberOrNull("destination.retention.keep");
        Duration age = values.timeOrNull("destination.retention.for");
        return keep == null && age == null ? null : new Retention(keep, age);
    }
}
