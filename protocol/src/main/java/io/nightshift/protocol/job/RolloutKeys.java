package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Index;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Share;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The section `rollout` of a job file.
final class RolloutKeys {

    static final JobKey KEY = JobKey.optional(
                    "rollout",
                    new Section(List.of(
                                    JobKey.required(
                                                    "candidate",
                                                    new Text(Form.MODEL),
                                                    "The version to try, of the same model as `model`: `name@alias`, `name@3` or `name@sha256:digest`. If the alias does not exist, or points to the version of `model` or to a version that was rolled back, batches are scored without a rollout. Its features, task and classes must be those of the other version. `mlflow:/name@alias` and `mlflow:/name/7` [follow a model of an MLflow server](../how-to/mlflow.md#follow-an-alias-with-a-rollout), whose versions are copied to the model that `model` names.",
                                                    "flights@candidate")
                                            .from(
                                                    Rollout.class,
                                                    rollout ->
                                                            rollout.candidate().text()),
                                    JobKey.optional(
                                                    "mode",
                                                    new Choice(List.of("canary", "shadow")),
                                                    "How the version is tried: `canary` lets it score a share of the partitions first. It scores the others only if it keeps the guards on these. `shadow` lets it score partitions in addition to the other version. Its predictions are [compared](../how-to/shadow.md), and not published.",
                                                    "canary")
                                            .or("canary")
                                            .from(Rollout.class, Rollout::mode),
                                    JobKey.optional(
                                                    "share",
                                                    new Share(),
                                                    "With `canary`: the share of the partitions that the candidate scores first, rounded up. They are spread evenly over the batch, and differ from batch to batch.",
                                                    "5%")
                                            .or(0.1)
                                            .from(Rollout.class, ofCanary(Rollout::share)),
                                    JobKey.optional(
                                                    "sample",
                                                    new Share(),
                                                    "With `shadow`: the share of the partitions that the candidate scores in addition, rounded up. They are spread evenly over the batch, and differ from batch to batch.",
                                                    "10%")
                                            .or(1.0)
                                            .from(
                                                    Rollout.class,
                                                    rollout -> rollout.isCanary() ? null : rollout.share()),
                                    JobKey.optional(
                                                    "differences",
                                                    new Whole(0, 10),
                                                    "With `shadow`: how many rows the report shows, with the values of their features: those that the two versions score most differently. The ledger and the manifest contain these values.",
                                                    "0")
                                            .or(10L)
                                            .from(
                                                    Rollout.class,
                                                    rollout -> rollout.isCanary() ? null : rollout.differences()),
                                    JobKey.optional(
                                                    "guards",
                                                    new Section(List.of(
                                                            JobKey.optional(
                                                                    "quarantined",
                                                                    new Share(),
                                                                    "The largest share of the rows that may be quarantined.",
                                                                    "0.1%"),
                                                            JobKey.optional(
                                                                    "prediction-nulls",
                                                                    new Share(),
                                                                    "The largest share of the candidate's predictions that may be NaN or infinite.",
                                                                    "0"),
                                                            JobKey.optional(
                                                                    "prediction-psi",
                                                                    new Index(),
                                                                    "The largest population stability index of the candidate's predictions against those of the other version for the same rows.",
                                                                    "0.2"),
                                                            JobKey.optional(
                                                                    "agreement",
                                                                    new Share(),
                                                                    "The smallest share of the rows for which both versions predict the same class. Refused for a regression.",
                                                                    "95%"),
                                                            JobKey.optional(
                                                                    "latency",
                                                                    new Index(),
                                                                    "The candidate's longest time for a row, as a multiple of the other version's on the same thread.",
                                                                    "1.5"))),
                                                    "Required with `canary`: the limits that the candidate must keep on these partitions; at least one. Both versions score these rows, and only the candidate's predictions are written.",
                                                    "{prediction-psi: 0.2, agreement: 95%}")
                                            .from(Rollout.class, RolloutKeys::guards),
                                    JobKey.optional(
                                                    "on-pass",
                                                    new Choice(List.of("keep", "promote")),
                                                    "With `canary`: what happens to a candidate that keeps all guards, in addition to scoring the batch: `promote` moves the alias that `model` names to it when the batch is published, unless somebody has moved the alias in the meantime; `keep` does not move it.",
                                                    "promote")
                                            .or("keep")
                                            .from(Rollout.class, ofCanary(Rollout::onPass)),
                                    JobKey.optional(
                                                    "on-fail",
                                                    new Choice(List.of("rollback", "fail")),
                                                    "With `canary`: what happens to the batch if the candidate exceeds a limit or can't score: with `rollback`, the other version scores all partitions; `fail` fails the batch, and the other version scores it when it is retried.",
                                                    "fail")
                                            .or("rollback")
                                            .from(Rollout.class, ofCanary(Rollout::onFail))))
                            .writing("guards", null),
                    "How batches [try another version](../how-to/rollout.md#let-it-score-a-part-of-each-batch-first) of the model, before it scores them or next to the present one.",
                    "")
            .from(Job.class, Job::rollout)
            .withLines(Job.class, RolloutKeys::print);

    private RolloutKeys() {}

    private static Function<Rollout, @Nullable Object> ofCanary(Function<Rollout, Object> value) {
        return rollout -> rollout.isCanary() ? value.apply(rollout) : null;
    }

    private static Map<String, Object> guards(Rollout rollout) {
        Map<String, Object> guards = new LinkedHashMap<>();
        rollout.guards().forEach(guard -> guards.put(guard.measure().text(), guard.limit()));
        return guards;
    }

    private static void print(JobFingerprint print, Job job) {
        Rollout rollout = job.rollout();
        if (rollout == null) {
            return;
        }
        print.add(
                "rollout",
                List.of(
                        rollout.candidate().text(),
                        rollout.mode().text(),
                        rollout.share(),
                        rollout.onPass().text(),
                        rollout.onFail().text()));
        if (!rollout.isCanary()) {
            print.add("rollout.differences", rollout.differences());
        }
        guards(rollout).forEach((measure, limit) -> print.add("rollout.guards." + measure, limit));
    }

    static void check(JobCheck check, Mapping root) {
        Member member = root.entry("rollout");
        if (member == null || !(member.value() instanceof Mapping section)) {
            return;
        }
        boolean isShadow = "shadow".equals(check.value("rollout.mode"));
        for (String key :
                isShadow ? List.of("share", "guards", "on-pass", "on-fail") : List.of("sample", "differences")) {
            Member entry = section.entry(key);
            if (entry != null) {
                check.add(new Mistake(
                        entry.line(),
                        "rollout." + key,
                        key + " with mode: " + (isShadow ? "shadow" : "canary"),
                        isShadow ? "candidate, mode, sample and differences only" : "a rollout with mode: shadow",
                        null));
            }
        }
        Member guards = section.entry("guards");
        boolean hasNone = guards == null
                || (guards.value() instanceof Mapping limits && limits.entries().isEmpty());
        if (!isShadow && hasNone) {
            check.add(new Mistake(
                    guards == null ? member.line() : guards.line(),
                    "rollout.guards",
                    "no guard",
                    "at least one, such as prediction-psi: 0.2",
                    null));
        }
        for (String key : List.of("rollout.share", "rollout.sample")) {
            if (Double.valueOf(0).equals(check.value(key))) {
                check.add(new Mistake(member.line(), key, "no partition at all", "more than 0", null));
            }
        }
        if ("extend".equals(check.value("source.on-change"))) {
            check.add(new Mistake(
                    member.line(),
                    "rollout",
                    "a rollout with source.on-change: extend",
                    "fail or restart, because a candidate is tried on a plan that stays as it is",
                    null));
        }
        if (check.value("model") instanceof String model
                && check.value("rollout.candidate") instanceof String candidate) {
            candidate(check, member, model, candidate);
        }
    }

    private static void candidate(JobCheck check, Member rollout, String model, String candidate) {
        ModelReference champion = ModelReference.parse(model);
        String expected = expected(champion, ModelReference.parse(candidate));
        if (expected != null) {
            check.add(new Mistake(rollout.line(), "rollout.candidate", YamlValue.shortened(candidate), expected, null));
        } else if ("promote".equals(check.value("rollout.on-pass")) && champion.alias() == null) {
            check.add(new Mistake(
                    rollout.line(),
                    "rollout.on-pass",
                    "promote with the model " + YamlValue.shortened(model),
                    "keep, or a model with an alias that can be moved, such as %s@champion".formatted(champion.name()),
                    null));
        }
    }

    /// The form that a candidate should have, in words; null if it has it.
    private static @Nullable String expected(ModelReference champion, ModelReference tried) {
        String name = champion.name();
        if (champion instanceof ModelReference.Mlflow(String address, MlflowPin _)) {
            return "a job whose model is in Nightshift's registry, so that it can be scored while the MLflow server is away: import it with `nightshift model import %s`, and name the copy as model"
                    .formatted(YamlValue.shortened(address));
        }
        if (name == null) {
            return "a job whose model is registered, and not a file";
        }
        if (tried instanceof ModelReference.Mlflow(String address, MlflowPin _)) {
            return MlflowAddress.parse(address) instanceof MlflowAddress.Run
                    ? "a version of a registered model, as mlflow:/name@alias or mlflow:/name/7"
                    : null;
        }
        return name.equals(tried.name()) && !(tried instanceof ModelReference.Champion)
                ? null
                : "another version of model, such as %s@candidate".formatted(name);
    }

    /// The rollout; null if the file has none.
    static @Nullable Rollout of(JobValues values) {
        if (!values.has("rollout")) {
            return null;
        }
        ModelReference candidate = ModelReference.parse(values.text("rollout.candidate"));
        Rollout.Mode mode = values.constant("rollout.mode", Rollout.Mode.class);
        return switch (mode) {
            case SHADOW ->
                Rollout.shadow(
                        candidate,
                        values.share("rollout.sample"),
                        Math.toIntExact(values.whole("rollout.differences")));
            case CANARY ->
                new Rollout(
                        candidate,
                        mode,
                        values.share("rollout.share"),
                        guards(values.below("rollout.guards")),
                        values.constant("rollout.on-pass", Rollout.OnPass.class),
                        values.constant("rollout.on-fail", Rollout.OnFail.class));
        };
    }

    private static List<Rollout.Guard> guards(JobValues values) {
        List<Rollout.Guard> guards = new ArrayList<>();
        for (Rollout.Measure measure : Rollout.Measure.values()) {
            Double limit = values.decimalOrNull(measure.text());
            if (limit != null) {
                guards.add(new Rollout.Guard(measure, limit));
            }
        }
        return guards;
    }
}
