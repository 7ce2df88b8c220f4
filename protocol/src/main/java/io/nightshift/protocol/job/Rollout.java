package io.nightshift.protocol.job;

import io.nightshift.protocol.batch.ModelDifferences;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// How batches of a job try another version of its model.
///
/// @param candidate the version to try, of the same model as the job's own, the champion; or a version of an MLflow
///     server, which is copied to that model
/// @param mode how it is tried
/// @param share of the partitions that the candidate scores first, or in addition in a shadow; above 0, at most 1
/// @param guards the limits that it must keep there; at least one, each measure once; none in a shadow
/// @param onPass what happens to a candidate that keeps them; [OnPass#KEEP] in a shadow
/// @param onFail what happens to the batch otherwise; [OnFail#ROLLBACK] in a shadow
/// @param differences how many rows a shadow reports that both versions score most differently, with their
///     features, 0 to 10; 0 for a canary
public record Rollout(
        ModelReference candidate,
        Mode mode,
        double share,
        List<Guard> guards,
        OnPass onPass,
        OnFail onFail,
        int differences) {

    /// How a candidate is tried.
    public enum Mode {
        /// It scores some partitions first, and the others if it keeps the guards there.
        CANARY,
        /// It scores some partitions, or all, in addition to the other version. Its predictions are only compared.
        SHADOW;

        /// The word in a job file.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The figure that a guard measures on the partitions that the candidate has scored first.
    public enum Measure {
        /// The share of the rows that are quarantined; the limit is the largest share.
        QUARANTINED("quarantined"),
        /// The share of the candidate's predictions that are NaN or infinite; the limit is the largest share.
        PREDICTION_NULLS("prediction-nulls"),
        /// The population stability index of the candidate's predictions against those of the champion for the
        /// same rows; the limit is the largest index.
        PREDICTION_PSI("prediction-psi"),
        /// The share of the rows for which both predict the same class; the limit is the smallest share.
        AGREEMENT("agreement"),
        /// The candidate's time for a row, as a multiple of the champion's; the limit is the largest multiple.
        LATENCY("latency");

        private final String text;

        Measure(String text) {
            this.text = text;
        }

        /// The key in a job file, such as `prediction-psi`.
        public String text() {
            return text;
        }

        /// Whether the limit is a share, 0 to 1.
        public boolean isShare() {
            return this == QUARANTINED || this == PREDICTION_NULLS || this == AGREEMENT;
        }

        /// The measure of a key of a job file.
        ///
        /// @param key such as `prediction-psi`
        public static Optional<Measure> of(String key) {
            return Arrays.stream(values())
                    .filter(measure -> measure.text.equals(key))
                    .findFirst();
        }
    }

    /// A limit.
    ///
    /// @param measure what is measured
    /// @param limit of the measured value, 0 or more
    public record Guard(Measure measure, double limit) {
        public Guard {
            if (!(limit >= 0)) {
                throw new IllegalArgumentException("%s: the limit %s".formatted(measure, limit));
            }
        }
    }

    /// The consequence for a candidate that keeps all guards, in addition to scoring the whole batch.
    public enum OnPass {
        /// The alias that the job names as its model is moved to it when the batch is published.
        PROMOTE,
        /// Nothing.
        KEEP;

        /// The word in a job file.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The consequence for the batch of a candidate that exceeds a limit. In both cases the champion scores all its
    /// partitions.
    public enum OnFail {
        /// The batch continues with the champion.
        ROLLBACK,
        /// The batch fails. It continues with the champion when it is retried.
        FAIL;

        /// The word in a job file.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Rollout {
        guards = List.copyOf(guards);
        boolean isShadow = mode == Mode.SHADOW;
        if (!(share > 0 && share <= 1) || guards.isEmpty() != isShadow) {
            throw new IllegalArgumentException("a rollout to %s with %s".formatted(share, guards));
        }
        if (isShadow && (onPass != OnPass.KEEP || onFail != OnFail.ROLLBACK)) {
            throw new IllegalArgumentException("a shadow decides nothing");
        }
        if (differences < 0 || differences > ModelDifferences.MOST_ROWS) {
            throw new IllegalArgumentException(differences + " differences");
        }
    }

    /// A canary.
    public Rollout(
            ModelReference candidate, Mode mode, double share, List<Guard> guards, OnPass onPass, OnFail onFail) {
        this(candidate, mode, share, guards, onPass, onFail, 0);
    }

    /// A shadow.
    ///
    /// @param candidate the version to compare with the job's own
    /// @param sample the share of the partitions that it scores; above 0, at most 1
    /// @param differences how many rows are reported that both score most differently; 0 to 10
    public static Rollout shadow(ModelReference candidate, double sample, int differences) {
        return new Rollout(candidate, Mode.SHADOW, sample, List.of(), OnPass.KEEP, OnFail.ROLLBACK, differences);
    }

    /// The same rollout with its candidate in another form.
    ///
    /// @param same the same version
    public Rollout with(ModelReference same) {
        return new Rollout(same, mode, share, guards, onPass, onFail, differences);
    }

    /// Whether the candidate's predictions may be published.
    public boolean isCanary() {
        return mode == Mode.CANARY;
    }

    /// How many partitions the candidate scores first, or in addition: the share, rounded up.
    ///
    /// @param partitions of the batch, 1 or more
    public int partitions(int partitions) {
        return Math.clamp((long) Math.ceil(share * partitions - 1e-9), 1, partitions);
    }
}
