package io.nightshift.protocol.job;

import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A change that a job makes to more than its own batches. It needs a role with more permissions than the
/// submission.
///
/// The keys that lead to an effect can't contain parameters, or a parameter counts as if it had the effect. So it
/// depends only on the text of the job file.
public enum JobEffect {
    /// It deletes published batches of all runs of the job.
    DELETES_BATCHES("destination.retention"),
    /// It moves an alias, which changes the model of other jobs.
    MOVES_ALIAS("rollout.on-pass: promote"),
    /// It copies versions of an MLflow server to a model that other jobs use.
    ADDS_VERSIONS("rollout.candidate: mlflow:/…");

    private final String key;

    JobEffect(String key) {
        this.key = key;
    }

    /// The key of the job file that leads to it.
    public String key() {
        return key;
    }

    /// The effects of a job file. An invalid value counts as if it had the effect.
    static Set<JobEffect> of(Mapping root) {
        Set<JobEffect> effects = EnumSet.noneOf(JobEffect.class);
        if (isSet(root, "destination", "retention", null)) {
            effects.add(DELETES_BATCHES);
        }
        if (isSet(root, "rollout", "on-pass", "keep")) {
            effects.add(MOVES_ALIAS);
        }
        if (followsServer(root)) {
            effects.add(ADDS_VERSIONS);
        }
        return effects;
    }

    /// Whether the candidate is on an MLflow server, or may be one there by the value of a parameter.
    private static boolean followsServer(Mapping root) {
        return root.entry("rollout") instanceof Member rollout
                && rollout.value() instanceof Mapping section
                && section.entry("candidate") instanceof Member candidate
                && !(candidate.value() instanceof Scalar scalar
                        && !scalar.text().startsWith(MlflowAddress.SCHEME)
                        && !scalar.text().startsWith("{"));
    }

    private static boolean isSet(Mapping root, String section, String key, @Nullable String harmless) {
        Member found = root.entry(section);
        Member entry = found != null && found.value() instanceof Mapping mapping ? mapping.entry(key) : null;
        return entry != null
                && !(entry.value() instanceof Scalar scalar && scalar.text().equals(harmless));
    }
}
