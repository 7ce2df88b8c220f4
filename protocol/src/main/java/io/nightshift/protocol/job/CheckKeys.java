package io.nightshift.protocol.job;

import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.ColumnLimits;
import io.nightshift.protocol.job.ValueType.Decimal;
import io.nightshift.protocol.job.ValueType.Index;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Share;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The section `checks` of a job file. [BatchChecks] reads it.
final class CheckKeys {

    /// How many checks the keys `checks.rows` and `checks.prediction` stand for.
    private static final int CHECKS_OF_ALL_ROWS = 7;

    /// The word of `checks.baseline` for the batch before.
    static final String PREVIOUS = "previous";

    static final Choice ON_FAIL = new Choice(List.of("fail", "hold", "warn"));

    static final JobKey KEY = JobKey.optional(
                    "checks",
                    new Section(List.of(
                            JobKey.optional(
                                            "on-fail",
                                            ON_FAIL,
                                            "What happens to a batch that fails a check: `fail` fails it; `hold` holds it until someone approves it with `nightshift batch approve`, or cancels it; `warn` publishes it, and records the result. Each check may have its own `on-fail`.",
                                            "hold")
                                    .or("fail"),
                            JobKey.optional(
                                    "rows",
                                    new Section(List.of(
                                            JobKey.optional(
                                                    "min",
                                                    new Whole(0, Long.MAX_VALUE),
                                                    "The smallest number of rows that must meet `source.where`.",
                                                    "1000000"),
                                            JobKey.optional(
                                                    "max",
                                                    new Whole(0, Long.MAX_VALUE),
                                                    "The largest number of rows that may meet `source.where`.",
                                                    "5000000"),
                                            JobKey.optional(
                                                    "max-change",
                                                    new Share(),
                                                    "How much this number may differ from that of the baseline, as a share of the baseline's.",
                                                    "20%"),
                                            JobKey.optional(
                                                    "on-fail",
                                                    ON_FAIL,
                                                    "As `checks.on-fail`, for these checks.",
                                                    "warn"))),
                                    "The number of rows.",
                                    ""),
                            JobKey.optional(
                                    "nulls",
                                    new ColumnLimits(new Share()),
                                    "The largest share of rows with a prediction in which a column is NULL or NaN: for each column of the source or key of `source.select` a share, or a map of `max` and `on-fail`.",
                                    "{last_login: 10%, email: {max: 1%, on-fail: warn}}"),
                            JobKey.optional(
                                    "range",
                                    new ColumnLimits(null),
                                    "The smallest and the largest value of a column with numbers, in rows with a prediction: for each column two numbers, or a map of `min`, `max`, `max-rate` (the share of rows that may be outside, 0 without this key) and `on-fail`. NULL and NaN are not outside.",
                                    "{age: [0, 120], price: {min: 0, max-rate: 1%, on-fail: hold}}"),
                            JobKey.optional(
                                    "psi",
                                    new ColumnLimits(new Index()),
                                    "The largest population stability index of a column with numbers, or of a feature, against the baseline: for each of them, or for `all` features, a number, or a map of `max` and `on-fail`. 0.1 is often called a small change, and 0.25 a large one. At most 500 columns.",
                                    "{all: 0.25, country: {max: 0.1, on-fail: warn}}"),
                            JobKey.optional(
                                    "unseen-categories",
                                    new ColumnLimits(new Share()),
                                    "The largest share of rows in which a feature has a category that the model does not know: for each feature, or for `all` of them, a share, or a map of `max` and `on-fail`. Quarantined rows count.",
                                    "{all: 1%, country: 0}"),
                            JobKey.optional(
                                    "prediction",
                                    new Section(List.of(
                                            JobKey.optional(
                                                    "nulls",
                                                    new Share(),
                                                    "The largest share of predictions that are NaN or infinite.",
                                                    "0"),
                                            JobKey.optional("min", new Decimal(), "The smallest prediction.", "0"),
                                            JobKey.optional("max", new Decimal(), "The largest prediction.", "1"),
                                            JobKey.optional(
                                                    "mean-change",
                                                    new Share(),
                                                    "How much the mean of the predictions may differ from that of the baseline, as a share of the baseline's. Refused for a model of three or more classes.",
                                                    "10%"),
                                            JobKey.optional(
                                                    "psi",
                                                    new Index(),
                                                    "The largest population stability index of the predictions against the baseline.",
                                                    "0.2"),
                                            JobKey.optional(
                                                    "on-fail",
                                                    ON_FAIL,
                                                    "As `checks.on-fail`, for these checks.",
                                                    "warn"))),
                                    "The predictions: the value of a regression, the probability of a model of two classes, and the position of the class, from 0, of a model of more classes.",
                                    ""),
                            JobKey.optional(
                                            "baseline",
                                            new Text(Form.BASELINE),
                                            "The batch that `max-change`, `mean-change` and `psi` compare with: `previous` is the batch of the same job that was submitted last before this one, of those that are published. Any published batch can be named by its ID. If the baseline has not measured something, its check passes.",
                                            "flights-20261127t020000-1f2e")
                                    .or(PREVIOUS))),
                    "Checks of the whole batch before it is published.",
                    "")
            .from(Job.class, job -> written(job.checks()))
            .withLines(Job.class, CheckKeys::print);

    private CheckKeys() {}

    private static Map<String, Object> written(List<BatchCheck> all) {
        Map<String, Object> checks = new LinkedHashMap<>();
        for (BatchCheck check : all) {
            BatchCheck.Measure measure = check.measure();
            String[] path = measure.text().split("[.]", 2);
            Map<String, Object> section = below(checks, path[0]);
            if (path.length == 1) {
                section = below(section, check.column() == null ? BatchCheck.ALL : check.column());
            }
            section.put("on-fail", check.onFail().text());
            switch (measure) {
                case ROWS_MIN, ROWS_MAX -> section.put(path[1], (long) check.limit());
                case ROWS_CHANGE, PREDICTION_NULLS, PREDICTION_MEAN, PREDICTION_PSI ->
                    section.put(path[1], check.limit());
                case NULLS, PSI, UNSEEN -> section.put("max", check.limit());
                case RANGE -> section.put("max-rate", check.limit());
                case PREDICTION_RANGE -> {}
            }
            if (check.min() != null) {
                section.put("min", check.min());
            }
            if (check.max() != null) {
                section.put("max", check.max());
            }
            if (check.baseline() != null) {
                checks.put("baseline", check.baseline());
            }
        }
        return checks;
    }

    @SuppressWarnings("unchecked") // as this class has put it there
    private static Map<String, Object> below(Map<String, Object> section, String name) {
        return (Map<String, Object>) section.computeIfAbsent(name, each -> new LinkedHashMap<String, Object>());
    }

    private static void print(JobFingerprint print, Job job) {
        for (BatchCheck check : job.checks()) {
            print.add(
                    "checks." + check.name(),
                    Arrays.asList(
                            check.limit(),
                            check.min(),
                            check.max(),
                            check.onFail().text()));
            if (check.baseline() != null) {
                print.add("checks.baseline", check.baseline());
            }
        }
    }

    static void check(JobCheck check, Mapping root) {
        number(check, root.entry("checks"));
        rowLimits(check, root.entry("checks"));
    }

    /// Refuses more checks than a partition may report.
    private static void number(JobCheck check, @Nullable Member checks) {
        if (checks == null) {
            return;
        }
        boolean isOfAll = check.value("checks.psi") instanceof Map<?, ?> map && map.containsKey(BatchCheck.ALL);
        // `psi.all` may stand for as many checks as there may be distributions.
        int most = BatchCheck.MOST - CHECKS_OF_ALL_ROWS - (isOfAll ? Distribution.MOST_COLUMNS : 0);
        long number = columns(check, "nulls")
                + columns(check, "range")
                + columns(check, "psi")
                + columns(check, "unseen-categories");
        if (number > most) {
            check.add(new Mistake(
                    checks.line(),
                    "checks",
                    number + " columns",
                    "at most %d under nulls, range, psi and unseen-categories together".formatted(most),
                    null));
        }
        if (columns(check, "psi") > Distribution.MOST_COLUMNS) {
            check.add(new Mistake(
                    checks.line(),
                    "checks.psi",
                    columns(check, "psi") + " columns",
                    "at most %d".formatted(Distribution.MOST_COLUMNS),
                    null));
        }
    }

    private static long columns(JobCheck check, String key) {
        return check.value("checks." + key) instanceof Map<?, ?> map ? map.size() : 0;
    }

    /// Refuses limits of the rows and the predictions that no batch can keep.
    private static void rowLimits(JobCheck check, @Nullable Member checks) {
        if (checks != null
                && check.value("checks.rows.min") instanceof Long min
                && check.value("checks.rows.max") instanceof Long max
                && min > max) {
            reversed(check, checks, "rows", min, max);
        }
        if (checks != null
                && check.value("checks.prediction.min") instanceof Double min
                && check.value("checks.prediction.max") instanceof Double max
                && min > max) {
            reversed(check, checks, "prediction", min, max);
        }
    }

    private static void reversed(JobCheck check, Member checks, String key, Number min, Number max) {
        Member limits = checks.value() instanceof Mapping section ? section.entry(key) : null;
        check.add(new Mistake(
                limits == null ? checks.line() : limits.line(),
                "checks.%s.max".formatted(key),
                "%s, which is smaller than checks.%s.min".formatted(max, key),
                "%s or more".formatted(min),
                null));
    }

    /// The limits of columns, by their names.
    static @Nullable Map<String, ColumnLimit> limits(JobCheck check, ColumnLimits type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, ColumnLimit> limits = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String shown = YamlValue.shortened(entry.key());
            if (!Form.COLUMN.fits(entry.key())) {
                check.add(new Mistake(entry.line(), path, "the name \"" + shown + "\"", Form.COLUMN.expectation, null));
            } else if (!seen.add(entry.key().toLowerCase(Locale.ROOT))) {
                String expected = "names that differ in more than upper and lower case";
                check.add(
                        new Mistake(entry.line(), JobKey.path(path, shown), "the name is given twice", expected, null));
            }
            ColumnLimit limit = limit(check, type, JobKey.path(path, shown), entry);
            if (limit != null) {
                limits.put(entry.key(), limit);
            }
        }
        return limits;
    }

    private static @Nullable ColumnLimit limit(JobCheck check, ColumnLimits type, String path, Member entry) {
        int before = check.mistakes();
        ColumnLimit limit = entry.value() instanceof Mapping map
                ? longLimit(check, type, path, map, entry.line())
                : type.ranges() ? pair(entry.value()) : limit(type, entry.value());
        if (check.mistakes() > before) {
            return null;
        }
        if (limit == null || (type.ranges() && !isRange(limit.min(), limit.max()))) {
            check.refuse(entry.value(), path, type.expectationOfColumn(), null);
            return null;
        }
        return limit;
    }

    private static @Nullable ColumnLimit longLimit(
            JobCheck check, ColumnLimits type, String path, Mapping map, int line) {
        int before = check.mistakes();
        check.section(type.section(), path, map, line);
        if (check.mistakes() > before) {
            return null;
        }
        JobValues given = check.values(path);
        return new ColumnLimit(
                given.share(type.ranges() ? "max-rate" : "max"),
                type.ranges() ? given.decimalOrNull("min") : null,
                type.ranges() ? given.decimalOrNull("max") : null,
                given.textOrNull("on-fail"));
    }

    private static @Nullable ColumnLimit limit(ColumnLimits type, YamlValue value) {
        Double most = type.limit() instanceof Index ? ScalarReader.index(value) : ScalarReader.share(value);
        return most == null ? null : new ColumnLimit(most, null, null, null);
    }

    private static @Nullable ColumnLimit pair(YamlValue value) {
        if (!(value instanceof Sequence pair) || pair.items().size() != 2) {
            return null;
        }
        BigDecimal min = ScalarReader.number(pair.items().getFirst());
        BigDecimal max = ScalarReader.number(pair.items().getLast());
        return min == null || max == null ? null : new ColumnLimit(0, min.doubleValue(), max.doubleValue(), null);
    }

    private static boolean isRange(@Nullable Double min, @Nullable Double max) {
        return min == null ? max != null : max == null || min <= max;
    }
}
