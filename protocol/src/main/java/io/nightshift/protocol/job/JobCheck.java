package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.AlertRules;
import io.nightshift.protocol.job.ValueType.CategoryLists;
import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.ColumnLimits;
import io.nightshift.protocol.job.ValueType.ColumnTypes;
import io.nightshift.protocol.job.ValueType.Constants;
import io.nightshift.protocol.job.ValueType.Decimal;
import io.nightshift.protocol.job.ValueType.Decisions;
import io.nightshift.protocol.job.ValueType.Expressions;
import io.nightshift.protocol.job.ValueType.Flag;
import io.nightshift.protocol.job.ValueType.Index;
import io.nightshift.protocol.job.ValueType.Labels;
import io.nightshift.protocol.job.ValueType.Lookups;
import io.nightshift.protocol.job.ValueType.Members;
import io.nightshift.protocol.job.ValueType.NewNames;
import io.nightshift.protocol.job.ValueType.ParameterList;
import io.nightshift.protocol.job.ValueType.Renames;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Share;
import io.nightshift.protocol.job.ValueType.Templates;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.TextLists;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Threads;
import io.nightshift.protocol.job.ValueType.Thresholds;
import io.nightshift.protocol.job.ValueType.Time;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Holds a job file against [JobKeys]: collects every mistake, and the value of every key by its path, with
/// defaults filled in and paths made absolute. [JobValues] gives the values. Each large section has a class
/// with its keys that also checks what must hold between them, such as [SourceKeys].
final class JobCheck {

    private final List<Mistake> mistakes;
    private final Map<String, Object> values = new HashMap<>();
    private final ScalarReader scalars;
    private final MapReader maps = new MapReader(this);
    private final OutputReader outputs = new OutputReader(this);

    private JobCheck(@Nullable Path folder, List<Mistake> mistakes) {
        this.mistakes = mistakes;
        this.scalars = new ScalarReader(folder, this);
    }

    /// @param folder null for a job that comes from no folder
    static Map<String, Object> check(Mapping root, @Nullable Path folder, List<Mistake> mistakes) {
        return check(JobKeys.ROOT, root, folder, mistakes);
    }

    /// @param keys all that the map may have
    static Map<String, Object> check(Section keys, Mapping root, @Nullable Path folder, List<Mistake> mistakes) {
        JobCheck check = new JobCheck(folder, mistakes);
        check.section(keys, "", root, root.line());
        // The checks that need more than one value.
        ScheduleKeys.check(check, root);
        SourceKeys.check(check, root);
        IncrementalKeys.check(check, root);
        PartitionKeys.check(check, root);
        OutputKeys.check(root, check.values, mistakes);
        DestinationKeys.check(check, root);
        RolloutKeys.check(check, root);
        CheckKeys.check(check, root);
        return check.values;
    }

    /// The map under a key; null if there is none.
    static @Nullable Mapping below(@Nullable Mapping section, String key) {
        Member entry = section == null ? null : section.entry(key);
        return entry != null && entry.value() instanceof Mapping mapping ? mapping : null;
    }

    void add(Mistake mistake) {
        mistakes.add(mistake);
    }

    void refuse(YamlValue value, String path, String expected, @Nullable String suggestion) {
        mistakes.add(new Mistake(value.line(), path, value.found(), expected, suggestion));
    }

    /// How many mistakes there are.
    int mistakes() {
        return mistakes.size();
    }

    /// The accepted value at a path; null if there is none.
    @Nullable
    Object value(String path) {
        return values.get(path);
    }

    /// The accepted values below a path.
    JobValues values(String path) {
        return new JobValues(values, path);
    }

    ScalarReader scalars() {
        return scalars;
    }

    /// Checks the keys of a section, and keeps their values.
    ///
    /// @param path of the section; empty for the whole file
    void section(Section section, String path, Mapping mapping, int line) {
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
                if (value instanceof Sequence && path.startsWith("source.")) {
                    refuse(value, path, text.expectation(), SourceKeys.oneColumn(key));
                    yield null;
                }
                yield scalars.text(text.form(), text.expectation(), path, value);
            }
            case Texts texts -> scalars.texts(texts, path, value);
            case TextLists lists -> scalars.lists(lists, path, value);
            case Expressions expressions -> maps.expressions(expressions, path, value);
            case ColumnTypes types -> maps.columnTypes(types, path, value);
            case CategoryLists lists -> maps.categories(lists, path, value);
            case ParameterList parameters -> {
                if (!(value instanceof Mapping)) {
                    refuse(value, path, parameters.expectation(), null);
                }
                // JobParameters has read the map.
                yield null;
            }
            case Templates templates -> maps.templates(templates, path, value);
            case AlertRules rules -> AlertKeys.alerts(this, rules, path, value);
            case Renames renames -> maps.renames(renames, path, value);
            case Lookups lookups -> SourceKeys.lookups(this, lookups, path, value);
            case Members members -> DestinationKeys.members(this, members, path, value);
            case ColumnLimits limits -> CheckKeys.limits(this, limits, path, value);
            case Labels labels -> outputs.labels(labels, path, value);
            case Decisions decisions -> outputs.decisions(decisions, path, value);
            case Thresholds thresholds -> outputs.thresholds(thresholds, path, value);
            case Constants constants -> outputs.constants(constants, path, value);
            case NewNames names -> outputs.newNames(names, path, value);
            case Decimal decimal -> scalars.decimal(decimal, path, value);
            case Index index -> scalars.index(index, path, value);
            case Flag flag -> scalars.flag(flag, path, value);
            case Choice choice -> scalars.choice(choice, path, value);
            case Whole whole -> scalars.whole(whole, path, value);
            case Share share -> scalars.share(share, path, value);
            case Time time -> scalars.time(time, path, value);
            case Threads threads -> scalars.threads(threads, path, value);
        };
    }
}
