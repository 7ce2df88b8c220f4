package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.AlertRules;
import io.nightshift.protocol.job.JobKeys.CategoryLists;
import io.nightshift.protocol.job.JobKeys.Choice;
import io.nightshift.protocol.job.JobKeys.ColumnLimits;
import io.nightshift.protocol.job.JobKeys.ColumnTypes;
import io.nightshift.protocol.job.JobKeys.Decimal;
import io.nightshift.protocol.job.JobKeys.Expressions;
import io.nightshift.protocol.job.JobKeys.Flag;
import io.nightshift.protocol.job.JobKeys.Form;
import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Lookups;
import io.nightshift.protocol.job.JobKeys.ParameterList;
import io.nightshift.protocol.job.JobKeys.Renames;
import io.nightshift.protocol.job.JobKeys.Section;
import io.nightshift.protocol.job.JobKeys.SectionOr;
import io.nightshift.protocol.job.JobKeys.Share;
import io.nightshift.protocol.job.JobKeys.Templates;
import io.nightshift.protocol.job.JobKeys.Text;
import io.nightshift.protocol.job.JobKeys.TextLists;
import io.nightshift.protocol.job.JobKeys.Texts;
import io.nightshift.protocol.job.JobKeys.Threads;
import io.nightshift.protocol.job.JobKeys.Time;
import io.nightshift.protocol.job.JobKeys.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Scalar.Kind;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Holds a job file against [JobKeys]: collects every mistake, and the value of every key by its path, with
/// defaults filled in and paths made absolute. A text becomes a `String`, a list a `List<String>`,
/// expressions and types of columns a `Map<String, String>`, lists of categories a `Map<String,
/// List<String>>`, a flag a
/// `Boolean`, a whole number a `Long`, a share a `Double`, a time a `Duration`, templates a `Map<String,
/// String>`, alerts a `List<AlertRule>`, lookups a `List<Lookup>`, several destinations a
/// `List<Destination>`, limits of columns a `Map<String, ColumnLimit>`, any other number a `Double`.
final class JobCheck {

    /// Longer numbers aren't worth their parsing time.
    private static final int MAX_DIGITS = 40;

    /// Null for a job that comes from no folder.
    private final @Nullable Path folder;
    private final List<Mistake> mistakes;
    private final Map<String, Object> values = new HashMap<>();

    private JobCheck(@Nullable Path folder, List<Mistake> mistakes) {
        this.folder = folder;
        this.mistakes = mistakes;
    }

    static Map<String, Object> check(Mapping root, @Nullable Path folder, List<Mistake> mistakes) {
        return check(JobKeys.ROOT, root, folder, mistakes);
    }

    /// @param keys all that the map may have
    static Map<String, Object> check(Section keys, Mapping root, @Nullable Path folder, List<Mistake> mistakes) {
        JobCheck check = new JobCheck(folder, mistakes);
        check.section(keys, "", root, root.line());
        check.times(root);
        check.dialect(root);
        check.change(root);
        check.incremental(root);
        check.partitions(root);
        OutputKeys.check(root, check.values, mistakes);
        Mapping destination = below(root, "destination");
        if (destination != null) {
            check.level(destination, "destination");
        }
        check.rollout(root);
        check.number(root.entry("checks"));
        check.rowLimits(root.entry("checks"));
        return check.values;
    }

    /// Checks what the form of a value alone does not say.
    private void times(Mapping root) {
        Object from = values.get("window.from");
        Member member = root.entry("window");
        if (from != null && member != null && from.equals(values.get("window.to"))) {
            mistakes.add(new Mistake(
                    member.line(),
                    "window",
                    "a window that opens and closes at " + from,
                    "two different times, or no window",
                    null));
        }
        Member trigger = root.entry("trigger");
        if (trigger != null && Duration.ZERO.equals(values.get("trigger.every"))) {
            mistakes.add(new Mistake(trigger.line(), "trigger.every", "no time at all", "1s or more", null));
        }
        retention(root.entry("destination"));
        cron(root.entry("schedule"));
        templates(root.entry("schedule"), TimeTemplate.Time.SCHEDULED);
        templates(trigger, TimeTemplate.Time.TRIGGERED);
    }

    private void retention(@Nullable Member destination) {
        Member retention = destination != null && destination.value() instanceof Mapping section
                ? section.entry("retention")
                : null;
        if (retention == null) {
            return;
        }
        if (retention.value() instanceof Mapping limits && limits.entries().isEmpty()) {
            mistakes.add(new Mistake(
                    retention.line(),
                    "destination.retention",
                    "neither keep nor for",
                    "one of the keys, or both",
                    null));
        }
        if (Duration.ZERO.equals(values.get("destination.retention.for"))) {
            mistakes.add(new Mistake(
                    retention.line(), "destination.retention.for", "no time at all", "a time such as 90d", null));
        }
    }

    private void rollout(Mapping root) {
        Member member = root.entry("rollout");
        if (member == null || !(member.value() instanceof Mapping section)) {
            return;
        }
        boolean isShadow = "shadow".equals(values.get("rollout.mode"));
        for (String key :
                isShadow ? List.of("share", "guards", "on-pass", "on-fail") : List.of("sample", "differences")) {
            Member entry = section.entry(key);
            if (entry != null) {
                mistakes.add(new Mistake(
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
            mistakes.add(new Mistake(
                    guards == null ? member.line() : guards.line(),
                    "rollout.guards",
                    "no guard",
                    "at least one, such as prediction-psi: 0.2",
                    null));
        }
        for (String key : List.of("rollout.share", "rollout.sample")) {
            if (Double.valueOf(0).equals(values.get(key))) {
                mistakes.add(new Mistake(member.line(), key, "no partition at all", "more than 0", null));
            }
        }
        if ("extend".equals(values.get("source.on-change"))) {
            mistakes.add(new Mistake(
                    member.line(),
                    "rollout",
                    "a rollout with source.on-change: extend",
                    "fail or restart, because a candidate is tried on a plan that stays as it is",
                    null));
        }
        if (values.get("model") instanceof String model
                && values.get("rollout.candidate") instanceof String candidate) {
            candidate(member, model, candidate);
        }
    }

    private void candidate(Member rollout, String model, String candidate) {
        ModelReference champion = ModelReference.parse(model);
        ModelReference tried = ModelReference.parse(candidate);
        if (champion.name() == null
                || !champion.name().equals(tried.name())
                || tried instanceof ModelReference.Champion) {
            mistakes.add(new Mistake(
                    rollout.line(),
                    "rollout.candidate",
                    YamlValue.shortened(candidate),
                    champion.name() == null
                            ? "a job whose model is registered, and not a file"
                            : "another version of model, such as %s@candidate".formatted(champion.name()),
                    null));
        } else if ("promote".equals(values.get("rollout.on-pass")) && champion.alias() == null) {
            mistakes.add(new Mistake(
                    rollout.line(),
                    "rollout.on-pass",
                    "promote with the model " + YamlValue.shortened(model),
                    "keep, or a model with an alias that can be moved, such as %s@champion".formatted(champion.name()),
                    null));
        }
    }

    /// Checks that characters with a meaning in CSV files have one meaning each.
    private void dialect(Mapping root) {
        Member source = root.entry("source");
        if (source != null && source.value() instanceof Mapping mapping) {
            dialect(mapping, source.key());
        }
    }

    /// Checks that only files are compared with those of an open batch, and not those of an incremental job.
    private void change(Mapping root) {
        Member source = root.entry("source");
        Object onChange = values.get("source.on-change");
        if (onChange == null
                || onChange.equals("fail")
                || source == null
                || !(source.value() instanceof Mapping mapping)) {
            return;
        }
        Member entry = mapping.entry("on-change");
        if (onChange.equals("extend") && values.get("source.join") instanceof List<?> lookups && !lookups.isEmpty()) {
            mistakes.add(new Mistake(
                    entry == null ? source.line() : entry.line(),
                    "source.on-change",
                    "extend with source.join",
                    "fail or restart, because the lookups of the rows that are scored already may have changed",
                    null));
        }
        if (root.entry("incremental") != null) {
            mistakes.add(new Mistake(
                    entry == null ? source.line() : entry.line(),
                    "source.on-change",
                    "%s with incremental".formatted(onChange),
                    "fail, because the next batch of an incremental job reads the new files",
                    null));
        }
        Kinds.INPUTS.stream()
                .filter(kind -> kind.type() == DatabaseInput.class && mapping.entry(kind.name()) != null)
                .map(kind -> new Mistake(
                        entry == null ? source.line() : entry.line(),
                        "source.on-change",
                        "%s with source.%s, which is not files".formatted(onChange, kind.name()),
                        "fail, because a batch over a table or query scores the rows that were planned",
                        null))
                .forEach(mistakes::add);
    }

    /// Checks that only a source of files reads new files, and that a job with changed rows has a record ID.
    private void incremental(Mapping root) {
        Member member = root.entry("incremental");
        if (member == null || !(member.value() instanceof Mapping section)) {
            return;
        }
        Member source = root.entry("source");
        Mapping rows = below(root, "source");
        if (section.entry("changed") != null && rows != null && rows.entry("id") == null) {
            mistakes.add(new Mistake(
                    member.line(),
                    "incremental.changed",
                    "changed rows without source.id",
                    "source.id, the column by which a row is found again in the next run",
                    null));
        }
        if (section.entry("files") != null && source != null && source.value() instanceof Mapping mapping) {
            Kinds.INPUTS.stream()
                    .filter(kind -> kind.type() == DatabaseInput.class && mapping.entry(kind.name()) != null)
                    .map(kind -> new Mistake(
                            member.line(),
                            "incremental.files",
                            "new files with source.%s, which is not files".formatted(kind.name()),
                            "incremental.column, with a column of times",
                            null))
                    .forEach(mistakes::add);
        }
    }

    private void dialect(Mapping section, String path) {
        Member csv = section.entry("csv");
        if (csv != null) {
            String csvPath = JobKey.path(path, csv.key());
            different(csv, csvPath, "quote", "delimiter");
            different(csv, csvPath, "thousands", "decimal");
        }
    }

    private void different(Member csv, String path, String key, String other) {
        Object value = values.get(JobKey.path(path, key));
        if (value != null && value.equals(values.get(JobKey.path(path, other)))) {
            Member entry = csv.value() instanceof Mapping mapping ? mapping.entry(key) : null;
            mistakes.add(new Mistake(
                    entry == null ? csv.line() : entry.line(),
                    JobKey.path(path, key),
                    "\"%s\", which is also %s".formatted(value, JobKey.path(path, other)),
                    "two different characters",
                    null));
        }
    }

    /// Checks that only Zstandard has a level.
    private void level(Mapping destination, String path) {
        Object codec = values.get(path + ".parquet.codec");
        Mapping parquet = below(destination, "parquet");
        Member level = parquet == null ? null : parquet.entry("level");
        if (level != null && codec != null && !codec.equals(ParquetDestination.Codec.ZSTD.text())) {
            mistakes.add(new Mistake(
                    level.line(),
                    path + ".parquet.level",
                    "a level with codec: " + codec,
                    "codec: zstd, or no level",
                    null));
        }
    }

    /// The map under a key; null if there is none.
    private static @Nullable Mapping below(@Nullable Mapping section, String key) {
        Member entry = section == null ? null : section.entry(key);
        return entry != null && entry.value() instanceof Mapping mapping ? mapping : null;
    }

    /// Checks that a partition key is divided in one way, and that its value has one name in the output.
    private void partitions(Mapping root) {
        Member member = root.entry("partitions");
        if (member == null || !(member.value() instanceof Mapping section) || section.entry("by") == null) {
            return;
        }
        List<String> ways = Stream.of("count", "ranges", "every")
                .filter(key -> section.entry(key) != null)
                .toList();
        if (ways.size() != 1) {
            mistakes.add(new Mistake(
                    member.line(),
                    "partitions",
                    ways.isEmpty()
                            ? "by without count, ranges or every"
                            : "the keys %s are set".formatted(String.join(" and ", ways)),
                    "by with one of count, ranges and every",
                    null));
        }
        if ("extend".equals(values.get("source.on-change"))) {
            mistakes.add(new Mistake(
                    member.line(),
                    "partitions.by",
                    "a partition key with source.on-change: extend",
                    "on-change: fail or restart, because new files have rows of the partition values that are planned",
                    null));
        }
        if (values.get("source.join") instanceof List<?> lookups && !lookups.isEmpty()) {
            mistakes.add(new Mistake(
                    member.line(), "partitions.by", "a partition key with source.join", "one of the two", null));
        }
        Object column = values.get("partitions.column");
        if (column instanceof String name
                && Stream.of("output.columns", "partitions.folder").anyMatch(key -> isNamed(name, values.get(key)))) {
            mistakes.add(new Mistake(
                    member.line(),
                    "partitions.column",
                    "\"%s\", which is also in output.columns or partitions.folder".formatted(name),
                    "a name of its own",
                    null));
        }
    }

    private static boolean isNamed(String name, @Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().anyMatch(each -> name.equalsIgnoreCase(String.valueOf(each)))
                : value instanceof String text && name.equalsIgnoreCase(text);
    }

    private void cron(@Nullable Member schedule) {
        if (schedule != null
                && values.get("schedule.cron") instanceof String text
                && schedule.value() instanceof Mapping mapping) {
            Member cron = mapping.entry("cron");
            CronExpression.problem(text)
                    .ifPresent(problem -> mistakes.add(new Mistake(
                            cron == null ? schedule.line() : cron.line(),
                            "schedule.cron",
                            problem.found(),
                            problem.expected(),
                            null)));
        }
    }

    private void templates(@Nullable Member section, TimeTemplate.Time time) {
        if (section == null || !(section.value() instanceof Mapping mapping)) {
            return;
        }
        Member parameters = mapping.entry("parameters");
        if (parameters == null || !(parameters.value() instanceof Mapping templates)) {
            return;
        }
        String path = JobKey.path(section.key(), "parameters");
        for (Member entry : templates.entries()) {
            if (entry.value() instanceof Scalar scalar) {
                TimeTemplate.problem(scalar.text(), time)
                        .ifPresent(expected -> mistakes.add(new Mistake(
                                entry.line(),
                                JobKey.path(path, YamlValue.shortened(entry.key())),
                                entry.value().found(),
                                expected,
                                null)));
            }
        }
    }

    private void section(Section section, String path, Mapping mapping, int line) {
        Set<String> misspelt = new HashSet<>();
        for (Member entry : mapping.entries()) {
            if (section.key(entry.key()) == null) {
                String sibling = Suggestion.siblingOf(section, entry.key());
                if (sibling != null) {
                    misspelt.add(sibling);
                }
                mistakes.add(new Mistake(
                        entry.line(),
                        JobKey.path(path, YamlValue.shortened(entry.key())),
                        "unknown key",
                        "one of " + String.join(", ", section.names()),
                        Suggestion.forKey(section, entry.key())));
            }
        }
        if (!section.kinds().isEmpty()) {
            kind(section, path, mapping, line, misspelt);
        }
        for (JobKey key : section.keys()) {
            String keyPath = JobKey.path(path, key.name());
            Member entry = mapping.entry(key.name());
            if (entry == null) {
                if (!section.kinds().contains(key.name()) && !misspelt.contains(key.name())) {
                    absent(key, keyPath, line);
                }
                continue;
            }
            if (key.needs() != null && mapping.entry(key.needs()) == null && !misspelt.contains(key.needs())) {
                String found = "set without " + JobKey.path(path, key.needs());
                mistakes.add(new Mistake(entry.line(), keyPath, found, "both or neither", null));
            }
            Object value = value(key, keyPath, entry);
            if (value != null) {
                values.put(keyPath, value);
            }
        }
    }

    /// Checks that exactly one kind is given.
    private void kind(Section section, String path, Mapping mapping, int line, Set<String> misspelt) {
        List<String> given = section.kinds().stream()
                .filter(name -> mapping.entry(name) != null)
                .toList();
        String expected = section.choice()
                ? section.expectation()
                : section.kinds().size() == 1
                        ? "the key " + section.kinds().getFirst()
                        : "one of the keys " + String.join(", ", section.kinds());
        if (given.size() > 1) {
            String found = section.choice()
                    ? "several of the keys are set"
                    : "the keys %s are set".formatted(String.join(" and ", given));
            mistakes.add(new Mistake(line, path, found, expected, null));
        } else if (given.isEmpty() && section.kinds().stream().noneMatch(misspelt::contains)) {
            mistakes.add(new Mistake(
                    line, path, section.choice() ? "none of the keys is set" : Mistake.MISSING, expected, null));
        }
    }

    private void absent(JobKey key, String path, int line) {
        if (key.required()) {
            mistakes.add(new Mistake(line, path, Mistake.MISSING, key.type().expectation(), null));
        } else if (key.fallback() != null) {
            values.put(path, key.fallback());
        } else if (key.type() instanceof Section section && section.hasDefaults()) {
            section(section, path, new Mapping(List.of(), line), line);
        }
    }

    /// The value, or null where a mistake was noted or the value is a section's.
    private @Nullable Object value(JobKey key, String path, Member entry) {
        YamlValue value = entry.value();
        return switch (key.type()) {
            case Section section -> {
                if (value instanceof Mapping mapping) {
                    section(section, path, mapping, entry.line());
                    yield null;
                }
                refuse(value, path, section.expectation(), null);
                yield null;
            }
            case SectionOr either -> {
                // A text or a list is written as the section that it stands for.
                if (value instanceof Mapping mapping) {
                    section(either.section(), path, mapping, entry.line());
                } else {
                    Member only = new Member(either.key(), entry.line(), value);
                    section(either.section(), path, new Mapping(List.of(only), value.line()), entry.line());
                }
                yield null;
            }
            case Text text -> {
                if (value instanceof YamlValue.Sequence && path.startsWith("source.")) {
                    refuse(value, path, text.expectation(), oneColumn(key));
                    yield null;
                }
                yield text(text.form(), text.expectation(), path, value);
            }
            case Texts texts -> texts(texts, path, value);
            case TextLists lists -> lists(lists, path, value);
            case Expressions expressions -> expressions(expressions, path, value);
            case ColumnTypes types -> columnTypes(types, path, value);
            case CategoryLists lists -> categories(lists, path, value);
            case ParameterList parameters -> {
                if (!(value instanceof Mapping)) {
                    refuse(value, path, parameters.expectation(), null);
                }
                // JobParameters has read the map.
                yield null;
            }
            case Templates templates -> templates(templates, path, value);
            case AlertRules rules -> alerts(rules, path, value);
            case Renames renames -> renames(renames, path, value);
            case Lookups lookups -> lookups(lookups, path, value);
            case JobKeys.Members members -> members(members, path, value);
            case ColumnLimits limits -> limits(limits, path, value);
            case JobKeys.Labels labels -> labels(labels, path, value);
            case JobKeys.Decisions decisions -> decisions(decisions, path, value);
            case JobKeys.Thresholds thresholds -> thresholds(thresholds, path, value);
            case JobKeys.Constants constants -> constants(constants, path, value);
            case JobKeys.NewNames names -> newNames(names, path, value);
            case Decimal decimal -> decimal(decimal, path, value);
            case JobKeys.Index index -> index(index, path, value);
            case Flag flag -> flag(flag, path, value);
            case Choice choice -> choice(choice, path, value);
            case Whole whole -> whole(whole, path, value);
            case Share share -> share(share, path, value);
            case Time time -> time(time, path, value);
            case Threads threads -> threads(threads, path, value);
        };
    }

    /// What to do instead where one column is wanted and several are given; null if no column is wanted.
    private static @Nullable String oneColumn(JobKey key) {
        return switch (key.name()) {
            case "id" ->
                "compute an ID of several columns under source.select, for example id: \"tenant || '/' || number\"";
            case "key" ->
                "rows are divided by one column: name one that has many values and with which an index begins, or compute one in a query";
            default -> null;
        };
    }

    private @Nullable String text(Form form, String expectation, String path, YamlValue value) {
        if (!(value instanceof Scalar scalar) || scalar.kind() == Kind.NOTHING || !form.fits(scalar.text())) {
            refuse(value, path, expectation, null);
            return null;
        }
        if (scalar.kind() != Kind.TEXT && form != Form.BOUND) {
            refuse(value, path, expectation, "write it in quotes: \"" + YamlValue.shortened(scalar.text()) + "\"");
            return null;
        }
        if (form == Form.TIME_ZONE && !isTimeZone(scalar.text())) {
            refuse(value, path, expectation, Suggestion.nearest(scalar.text(), ZoneId.getAvailableZoneIds()));
            return null;
        }
        if (form == Form.DATE && ParameterType.DATE.canonical(scalar.text()).isEmpty()) {
            refuse(value, path, expectation, null);
            return null;
        }
        boolean isPath = form == Form.PATH
                || ((form == Form.FILES || form == Form.PLACE) && !Form.isAddress(scalar.text()))
                || (form == Form.MODEL && ModelReference.isFile(scalar.text()));
        return isPath ? resolved(scalar, path) : scalar.text();
    }

    private static boolean isTimeZone(String text) {
        return ZoneId.getAvailableZoneIds().contains(text);
    }

    private @Nullable String resolved(Scalar scalar, String path) {
        try {
            Path given = Path.of(scalar.text());
            if (folder == null && !given.isAbsolute()) {
                refuse(scalar, path, "an absolute path, since the job comes from no folder", null);
                return null;
            }
            return (folder == null ? given : folder.resolve(given)).normalize().toString();
        } catch (InvalidPathException e) {
            refuse(scalar, path, "a path that this system can have (" + e.getReason() + ")", null);
            return null;
        }
    }

    private @Nullable List<String> texts(Texts type, String path, YamlValue value) {
        if (value instanceof Scalar && type.orOne()) {
            String text = text(type.form(), type.expectation(), path, value);
            return text == null ? null : List.of(text);
        }
        if (!(value instanceof Sequence sequence) || sequence.items().size() < type.least()) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        List<String> texts = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (YamlValue item : sequence.items()) {
            String text = text(type.form(), type.form().expectation, path, item);
            if (text == null) {
                continue;
            }
            texts.add(text);
            if (!seen.add(type.form() == Form.OUTPUT_COLUMN ? text.toLowerCase(Locale.ROOT) : text)) {
                mistakes.add(
                        new Mistake(item.line(), path, item.found() + " is listed twice", "each value once", null));
            }
        }
        return List.copyOf(texts);
    }

    private @Nullable List<List<String>> lists(TextLists type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Texts inner = new Texts(type.form(), 1, false);
        List<List<String>> lists = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            List<String> texts = texts(inner, path, item);
            if (texts == null) {
                continue;
            }
            if (lists.contains(texts)) {
                mistakes.add(new Mistake(item.line(), path, "the same list is given twice", "each list once", null));
            }
            lists.add(texts);
        }
        return lists;
    }

    private @Nullable Map<String, String> expressions(Expressions type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> expressions = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String keyPath = columnName(entry, path, seen);
            if (entry.value() instanceof Scalar scalar
                    && scalar.kind() != Kind.NOTHING
                    && Form.EXPRESSION.fits(scalar.text())) {
                expressions.put(entry.key(), scalar.text());
            } else {
                refuse(entry.value(), keyPath, "an SQL expression", null);
            }
        }
        return expressions;
    }

    /// Checks the name of a column, which may not be there twice.
    ///
    /// @return the path of its key
    private String columnName(Member entry, String path, Set<String> seen) {
        return columnName(Form.COLUMN, entry, path, seen);
    }

    private String columnName(Form form, Member entry, String path, Set<String> seen) {
        String shown = YamlValue.shortened(entry.key());
        String keyPath = JobKey.path(path, shown);
        if (!form.fits(entry.key())) {
            mistakes.add(new Mistake(entry.line(), path, "the name \"" + shown + "\"", form.expectation, null));
        } else if (!seen.add(entry.key().toLowerCase(Locale.ROOT))) {
            String expected = "names that differ in more than upper and lower case";
            mistakes.add(new Mistake(entry.line(), keyPath, "the name is given twice", expected, null));
        }
        return keyPath;
    }

    /// The types as [ColumnType] writes them.
    private @Nullable Map<String, String> columnTypes(ColumnTypes type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> types = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String keyPath = columnName(entry, path, seen);
            String text = entry.value() instanceof Scalar scalar && scalar.kind() == Kind.TEXT ? scalar.text() : "";
            ColumnType.canonical(text, type.nested())
                    .ifPresentOrElse(
                            canonical -> types.put(entry.key(), canonical),
                            () -> refuse(
                                    entry.value(),
                                    keyPath,
                                    ColumnType.expectation(type.nested()),
                                    ColumnType.suggestion(text, type.nested())));
        }
        return types;
    }

    private @Nullable Map<String, List<String>> categories(CategoryLists type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, List<String>> categories = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
            if (!Form.EXPRESSION.fits(entry.key())) {
                mistakes.add(new Mistake(entry.line(), keyPath, "an empty name", "the name of a feature", null));
            } else if (entry.value() instanceof Sequence sequence
                    && !sequence.items().isEmpty()) {
                categories.put(entry.key(), categories(keyPath, sequence));
            } else {
                refuse(entry.value(), keyPath, "a list of one or more categories", null);
            }
        }
        return categories;
    }

    /// A number, a boolean or a date without quotes is a text too.
    private @Nullable Map<String, String> templates(Templates type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> templates = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            if (entry.value() instanceof Scalar scalar && scalar.kind() != Kind.NOTHING) {
                templates.put(entry.key(), scalar.text());
            } else {
                String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
                refuse(entry.value(), keyPath, "a value, such as \"{scheduled:date - 1 day}\"", null);
            }
        }
        return templates;
    }

    private @Nullable List<AlertRule> alerts(AlertRules type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Section rule = new Section(List.of(
                JobKey.required("on", new Texts(Form.NAME, 1, true), "", ""),
                JobKey.required("to", new Text(Form.NAME), "", "")));
        List<AlertRule> rules = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            if (!(item instanceof Mapping mapping)) {
                refuse(item, path, "a map with the keys on and to", null);
                continue;
            }
            int before = mistakes.size();
            section(rule, path, mapping, item.line());
            if (mistakes.size() > before) {
                continue;
            }
            JobValues entry = new JobValues(values, path);
            List<AlertCause> causes = new ArrayList<>();
            for (String cause : entry.texts("on")) {
                AlertCause.of(cause)
                        .ifPresentOrElse(
                                causes::add,
                                () -> mistakes.add(new Mistake(
                                        item.line(),
                                        JobKey.path(path, "on"),
                                        "\"" + YamlValue.shortened(cause) + "\"",
                                        "one of " + JobKeys.AlertCauses.TEXTS,
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

    /// The names of columns by their new names.
    private @Nullable Map<String, String> renames(Renames type, String path, YamlValue value) {
        Map<String, String> names = new LinkedHashMap<>();
        if (value instanceof Mapping mapping) {
            Set<String> seen = new HashSet<>();
            for (Member entry : mapping.entries()) {
                String keyPath = columnName(entry, path, seen);
                String name = text(Form.COLUMN, Form.COLUMN.expectation, keyPath, entry.value());
                if (name != null) {
                    names.put(entry.key(), name);
                }
            }
        } else {
            List<String> texts = texts(new Texts(Form.COLUMN, 0, true), path, value);
            if (texts == null) {
                return null;
            }
            texts.forEach(text -> names.put(text, text));
        }
        if (names.size() < type.least()) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        return names;
    }

    private @Nullable List<Lookup> lookups(Lookups type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        List<Lookup> lookups = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            String itemPath = "%s[%d]".formatted(path, lookups.size());
            int before = mistakes.size();
            if (!(item instanceof Mapping mapping)) {
                refuse(item, itemPath, type.expectation(), null);
                continue;
            }
            section(Lookup.KEYS, itemPath, mapping, item.line());
            dialect(mapping, itemPath);
            boolean isLeft = !"inner".equals(values.get(JobKey.path(itemPath, "type")));
            if (isLeft && Map.of().equals(values.get(JobKey.path(itemPath, "columns")))) {
                mistakes.add(new Mistake(
                        item.line(),
                        JobKey.path(itemPath, "columns"),
                        "no column, so the lookup changes nothing",
                        "one or more columns, or type: inner",
                        null));
            }
            if (mistakes.size() == before) {
                lookups.add(Lookup.read(new JobValues(values), itemPath));
            }
        }
        return lookups;
    }

    private @Nullable List<Destination> members(JobKeys.Members type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence) || sequence.items().size() < 2) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        List<Destination> members = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            YamlValue item = sequence.items().get(i);
            String itemPath = "%s[%d]".formatted(path, i);
            int before = mistakes.size();
            if (!(item instanceof Mapping mapping)) {
                refuse(item, itemPath, JobKeys.Members.section().expectation(), null);
                continue;
            }
            section(JobKeys.Members.section(), itemPath, mapping, item.line());
            level(mapping, itemPath);
            if (mistakes.size() == before) {
                Destination member = Kinds.member(new JobValues(values), itemPath);
                refuseConflict(members, member, itemPath, item.line());
                members.add(member);
            }
        }
        return members;
    }

    private void refuseConflict(List<Destination> members, Destination added, String path, int line) {
        for (Destination member : members) {
            String conflict = SeveralDestinations.conflict(member, added);
            if (conflict != null) {
                mistakes.add(new Mistake(
                        line,
                        path,
                        "%s and %s: %s".formatted(member, added, conflict),
                        "a place of its own for each destination",
                        null));
            }
        }
    }

    private List<String> categories(String path, Sequence sequence) {
        List<String> names = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            if (!(item instanceof Scalar scalar)
                    || scalar.kind() == Kind.NOTHING
                    || !Form.CATEGORY.fits(scalar.text())) {
                refuse(item, path, Form.CATEGORY.expectation, null);
            } else if (names.contains(scalar.text())) {
                mistakes.add(
                        new Mistake(item.line(), path, item.found() + " is listed twice", "each value once", null));
            } else {
                names.add(scalar.text());
            }
        }
        return names;
    }

    /// Refuses limits of the rows and the predictions that no batch can keep.
    private void rowLimits(@Nullable Member checks) {
        if (checks != null
                && values.get("checks.rows.min") instanceof Long min
                && values.get("checks.rows.max") instanceof Long max
                && min > max) {
            reversed(checks, "rows", min, max);
        }
        if (checks != null
                && values.get("checks.prediction.min") instanceof Double min
                && values.get("checks.prediction.max") instanceof Double max
                && min > max) {
            reversed(checks, "prediction", min, max);
        }
    }

    private void reversed(Member checks, String key, Number min, Number max) {
        Member limits = checks.value() instanceof Mapping section ? section.entry(key) : null;
        mistakes.add(new Mistake(
                limits == null ? checks.line() : limits.line(),
                "checks.%s.max".formatted(key),
                "%s, which is smaller than checks.%s.min".formatted(max, key),
                "%s or more".formatted(min),
                null));
    }

    /// Refuses more checks than a partition may report.
    private void number(@Nullable Member checks) {
        if (checks == null) {
            return;
        }
        int most = BatchCheck.MOST - JobKeys.CHECKS_OF_ALL_ROWS;
        long number = columns("nulls") + columns("range") + columns("psi") + columns("unseen-categories");
        if (number > most) {
            mistakes.add(new Mistake(
                    checks.line(),
                    "checks",
                    number + " columns",
                    "at most %d under nulls, range, psi and unseen-categories together".formatted(most),
                    null));
        }
        if (columns("psi") >= BatchCheck.MOST_DISTRIBUTIONS) {
            mistakes.add(new Mistake(
                    checks.line(),
                    "checks.psi",
                    columns("psi") + " columns",
                    "at most %d".formatted(BatchCheck.MOST_DISTRIBUTIONS - 1),
                    null));
        }
    }

    private long columns(String key) {
        return values.get("checks." + key) instanceof Map<?, ?> map ? map.size() : 0;
    }

    private @Nullable Map<String, ColumnLimit> limits(ColumnLimits type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, ColumnLimit> limits = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String shown = YamlValue.shortened(entry.key());
            if (!Form.COLUMN.fits(entry.key())) {
                mistakes.add(
                        new Mistake(entry.line(), path, "the name \"" + shown + "\"", Form.COLUMN.expectation, null));
            } else if (!seen.add(entry.key().toLowerCase(Locale.ROOT))) {
                String expected = "names that differ in more than upper and lower case";
                mistakes.add(
                        new Mistake(entry.line(), JobKey.path(path, shown), "the name is given twice", expected, null));
            }
            ColumnLimit limit = limit(type, JobKey.path(path, shown), entry);
            if (limit != null) {
                limits.put(entry.key(), limit);
            }
        }
        return limits;
    }

    private @Nullable ColumnLimit limit(ColumnLimits type, String path, Member entry) {
        int before = mistakes.size();
        ColumnLimit limit = entry.value() instanceof Mapping map
                ? longLimit(type, path, map, entry.line())
                : type.ranges() ? pair(entry.value()) : limit(type, entry.value());
        if (mistakes.size() > before) {
            return null;
        }
        if (limit == null || (type.ranges() && !isRange(limit.min(), limit.max()))) {
            refuse(entry.value(), path, type.expectationOfColumn(), null);
            return null;
        }
        return limit;
    }

    private @Nullable ColumnLimit longLimit(ColumnLimits type, String path, Mapping map, int line) {
        int before = mistakes.size();
        section(type.section(), path, map, line);
        if (mistakes.size() > before) {
            return null;
        }
        JobValues given = new JobValues(values, path);
        return new ColumnLimit(
                given.share(type.ranges() ? "max-rate" : "max"),
                type.ranges() ? given.decimalOrNull("min") : null,
                type.ranges() ? given.decimalOrNull("max") : null,
                given.textOrNull("on-fail"));
    }

    private static @Nullable ColumnLimit limit(ColumnLimits type, YamlValue value) {
        Double most = type.limit() instanceof JobKeys.Index ? index(value) : share(value);
        return most == null ? null : new ColumnLimit(most, null, null, null);
    }

    private static @Nullable Double index(YamlValue value) {
        BigDecimal number = number(value);
        return number == null || number.signum() < 0 || Double.isInfinite(number.doubleValue())
                ? null
                : number.doubleValue();
    }

    private @Nullable Double index(JobKeys.Index type, String path, YamlValue value) {
        Double index = index(value);
        if (index == null) {
            refuse(value, path, type.expectation(), null);
        }
        return index;
    }

    private static @Nullable ColumnLimit pair(YamlValue value) {
        if (!(value instanceof Sequence pair) || pair.items().size() != 2) {
            return null;
        }
        BigDecimal min = number(pair.items().getFirst());
        BigDecimal max = number(pair.items().getLast());
        return min == null || max == null ? null : new ColumnLimit(0, min.doubleValue(), max.doubleValue(), null);
    }

    private static boolean isRange(@Nullable Double min, @Nullable Double max) {
        return min == null ? max != null : max == null || min <= max;
    }

    /// The texts of classes, by the class.
    private @Nullable Map<String, String> labels(JobKeys.Labels type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping) || mapping.entries().isEmpty()) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> labels = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
            String label = text(Form.CATEGORY, "a text", keyPath, entry.value());
            if (label != null && labels.containsValue(label)) {
                mistakes.add(new Mistake(
                        entry.line(), keyPath, entry.value().found() + " is given twice", "each text once", null));
            } else if (label != null) {
                labels.put(entry.key(), label);
            }
        }
        return labels;
    }

    private @Nullable List<OutputDecision> decisions(JobKeys.Decisions type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        List<OutputDecision> decisions = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            int before = mistakes.size();
            String keyPath = columnName(Form.OUTPUT_COLUMN, entry, path, seen);
            JobValues given = new JobValues(values, keyPath);
            if (entry.value() instanceof Mapping map) {
                section(JobKeys.Decisions.SECTION, keyPath, map, entry.line());
                if (mistakes.size() == before) {
                    decisions.add(new OutputDecision(
                            entry.key(),
                            given.textOrNull("class"),
                            given.share("threshold"),
                            given.textOrNull("by"),
                            given.thresholds("thresholds")));
                }
                continue;
            }
            BigDecimal threshold = number(entry.value());
            if (threshold == null || Double.isInfinite(threshold.doubleValue())) {
                refuse(entry.value(), keyPath, "a number, or " + JobKeys.Decisions.SECTION.expectation(), null);
            } else {
                decisions.add(new OutputDecision(entry.key(), null, threshold.doubleValue(), null, Map.of()));
            }
        }
        return decisions;
    }

    private @Nullable Map<String, Double> thresholds(JobKeys.Thresholds type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping) || mapping.entries().isEmpty()) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, Double> thresholds = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            Double threshold =
                    decimal(new Decimal(), JobKey.path(path, YamlValue.shortened(entry.key())), entry.value());
            if (threshold != null) {
                thresholds.put(entry.key(), threshold);
            }
        }
        return thresholds;
    }

    private @Nullable List<OutputConstant> constants(JobKeys.Constants type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        List<OutputConstant> constants = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String keyPath = columnName(Form.OUTPUT_COLUMN, entry, path, seen);
            OutputConstant constant = constant(entry);
            if (constant == null) {
                refuse(entry.value(), keyPath, JobKeys.Constants.VALUE, null);
            } else {
                constants.add(constant);
            }
        }
        return constants;
    }

    private static @Nullable OutputConstant constant(Member entry) {
        if (entry.value() instanceof Mapping map
                && map.entries().size() == 1
                && map.entries().getFirst().value() instanceof Scalar scalar) {
            String type = map.entries().getFirst().key();
            return Stream.of(OutputConstant.Type.values())
                    .filter(each -> each.text().equals(type))
                    .findFirst()
                    .map(each -> constant(entry.key(), each, scalar.text()))
                    .orElse(null);
        }
        if (!(entry.value() instanceof Scalar scalar)) {
            return null;
        }
        return switch (scalar.kind()) {
            case TEXT -> constant(entry.key(), OutputConstant.Type.TEXT, scalar.text());
            case BOOLEAN ->
                constant(entry.key(), OutputConstant.Type.BOOLEAN, scalar.text().toLowerCase(Locale.ROOT));
            case WHOLE -> {
                BigDecimal number = number(scalar);
                yield number == null
                        ? null
                        : constant(entry.key(), OutputConstant.Type.INTEGER, number.toPlainString());
            }
            case DECIMAL -> constant(entry.key(), OutputConstant.Type.NUMBER, scalar.text());
            case NOTHING -> null;
        };
    }

    /// Null if the text is no value of the type.
    private static @Nullable OutputConstant constant(String name, OutputConstant.Type type, String text) {
        Optional<String> value = switch (type) {
            case TEXT -> Form.VALUE.fits(text) ? Optional.of(text) : Optional.empty();
            case INTEGER -> ParameterType.INTEGER.canonical(text);
            case DATE -> ParameterType.DATE.canonical(text);
            case TIMESTAMP -> ParameterType.TIMESTAMP.canonical(text);
            case BOOLEAN -> text.equals("true") || text.equals("false") ? Optional.of(text) : Optional.empty();
            case NUMBER -> {
                BigDecimal number = number(new Scalar(Kind.DECIMAL, text, 0));
                yield number == null || Double.isInfinite(number.doubleValue())
                        ? Optional.empty()
                        : Optional.of(String.valueOf(number.doubleValue()));
            }
        };
        return value.map(canonical -> new OutputConstant(name, type, canonical)).orElse(null);
    }

    private @Nullable Map<String, String> newNames(JobKeys.NewNames type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> names = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
            String name = text(Form.OUTPUT_COLUMN, Form.OUTPUT_COLUMN.expectation, keyPath, entry.value());
            if (name != null) {
                names.put(entry.key(), name);
            }
        }
        return names;
    }

    private @Nullable Double decimal(Decimal type, String path, YamlValue value) {
        BigDecimal number = number(value);
        if (number != null && Double.isFinite(number.doubleValue())) {
            return number.doubleValue();
        }
        refuse(value, path, type.expectation(), null);
        return null;
    }

    private @Nullable Boolean flag(Flag type, String path, YamlValue value) {
        if (!(value instanceof Scalar scalar)) {
            refuse(value, path, type.expectation(), null);
            return null;
        }
        String text = scalar.text().toLowerCase(Locale.ROOT);
        if (scalar.kind() == Kind.BOOLEAN) {
            return text.equals("true");
        }
        String suggestion = switch (text) {
            case "true", "yes", "on", "y" -> "write true, without quotes";
            case "false", "no", "off", "n" -> "write false, without quotes";
            default -> null;
        };
        refuse(value, path, type.expectation(), suggestion);
        return null;
    }

    private @Nullable String choice(Choice type, String path, YamlValue value) {
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && type.texts().contains(scalar.text())) {
            return scalar.text();
        }
        refuse(value, path, type.expectation(), null);
        return null;
    }

    private @Nullable Long whole(Whole type, String path, YamlValue value) {
        BigDecimal number = number(value);
        if (number != null
                && number.compareTo(BigDecimal.valueOf(type.least())) >= 0
                && number.compareTo(BigDecimal.valueOf(type.most())) <= 0
                && number.stripTrailingZeros().scale() <= 0) {
            return number.longValueExact();
        }
        String suggestion = null;
        if (value instanceof Scalar scalar && scalar.kind() == Kind.TEXT) {
            String digits = scalar.text().replaceAll("[_, ]", "");
            suggestion = digits.matches("[0-9]{1,19}") ? "write " + digits + ", without quotes or separators" : null;
        }
        refuse(value, path, type.expectation(), suggestion);
        return null;
    }

    private @Nullable Double share(Share type, String path, YamlValue value) {
        Double share = share(value);
        if (share == null) {
            refuse(value, path, type.expectation(), null);
        }
        return share;
    }

    /// The share, or null where the value isn't one.
    private static @Nullable Double share(YamlValue value) {
        BigDecimal number = number(value);
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && scalar.text().matches(Share.PER_CENT)) {
            String perCent = scalar.text().substring(0, scalar.text().length() - 1);
            number = new BigDecimal(perCent).movePointLeft(2);
        }
        if (number != null && number.signum() >= 0 && number.compareTo(BigDecimal.ONE) <= 0) {
            return number.doubleValue();
        }
        return null;
    }

    /// The text of a [ThreadLimit].
    private @Nullable String threads(Threads type, String path, YamlValue value) {
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && scalar.text().matches(Threads.PER_CENT)) {
            return scalar.text();
        }
        BigDecimal number = number(value);
        if (number != null
                && number.signum() > 0
                && number.compareTo(BigDecimal.valueOf(Threads.MOST)) <= 0
                && number.stripTrailingZeros().scale() <= 0) {
            return String.valueOf(number.intValueExact());
        }
        refuse(value, path, type.expectation(), null);
        return null;
    }

    private @Nullable Duration time(Time type, String path, YamlValue value) {
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && scalar.text().matches(Time.PATTERN)) {
            String text = scalar.text().toUpperCase(Locale.ROOT);
            return Duration.parse(text.endsWith("D") ? "P" + text : "PT" + text);
        }
        refuse(value, path, type.expectation(), null);
        return null;
    }

    /// The number, or null where the value isn't one that a job can hold.
    private static @Nullable BigDecimal number(YamlValue value) {
        if (!(value instanceof Scalar scalar) || scalar.text().length() > MAX_DIGITS) {
            return null;
        }
        String text = scalar.text();
        try {
            return switch (scalar.kind()) {
                case WHOLE ->
                    new BigDecimal(
                            text.startsWith("0x")
                                    ? new BigInteger(text.substring(2), 16)
                                    : text.startsWith("0o")
                                            ? new BigInteger(text.substring(2), 8)
                                            : new BigInteger(text));
                case DECIMAL -> new BigDecimal(text);
                case TEXT, BOOLEAN, NOTHING -> null;
            };
        } catch (NumberFormatException _) {
            return null; // .inf, .nan, or an exponent beyond reason
        }
    }

    private void refuse(YamlValue value, String path, String expected, @Nullable String suggestion) {
        mistakes.add(new Mistake(value.line(), path, value.found(), expected, suggestion));
    }
}
