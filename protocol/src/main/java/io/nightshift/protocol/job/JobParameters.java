package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Expressions;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads the parameters that a job file declares, takes their values, and writes the values into the file's
/// paths and SQL expressions in place of `{name}`.
///
/// In a path, a value stands as its text or, as `{day:yyyy/MM/dd}`, by a pattern. In an expression, it stands
/// as an SQL literal of its type, so that no value is ever read as SQL. Braces around a declared name that
/// are meant as such are doubled: `{{day}}`. A job without parameters has no placeholders.
final class JobParameters {

    static final String KEY = "parameters";

    static final Pattern NAME = Pattern.compile("^[A-Za-z_][A-Za-z0-9_]{0,62}$");
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\{(\\{?)([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\\}(\\}?)");
    private static final Pattern NOT_IN_PATHS = Pattern.compile("[/\\\\*?\\[\\]{}]|^\\.{1,2}$");

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final List<Mistake> mistakes;

    /// A job file whose placeholders are replaced.
    ///
    /// @param parameters in the order of the file
    record Resolved(Mapping root, List<Parameter> parameters) {}

    private JobParameters(List<Mistake> mistakes) {
        this.mistakes = mistakes;
    }

    /// @param given values by name, which go before the defaults in the file
    static Resolved resolve(Mapping root, Map<String, String> given, List<Mistake> mistakes) {
        JobParameters parameters = new JobParameters(mistakes);
        Member declared = root.entry(KEY);
        int before = mistakes.size();
        List<String> names = parameters.declare(declared, given);
        for (String name : given.keySet()) {
            if (!names.contains(name)) {
                String expected =
                        names.isEmpty() ? "no parameter: the job declares none" : "one of " + String.join(", ", names);
                mistakes.add(new Mistake(
                        Mistake.PARAMETER,
                        YamlValue.shortened(name),
                        "unknown parameter",
                        expected,
                        Suggestion.nearest(name, names)));
            }
        }
        if (names.isEmpty() || mistakes.size() > before) {
            return new Resolved(root, List.of());
        }
        return new Resolved(parameters.section(JobKeys.ROOT, "", root), List.copyOf(parameters.parameters.values()));
    }

    /// The parameters that a file declares, without values. A wrong declaration is a mistake.
    static List<ParameterDeclaration> declarations(Mapping root, List<Mistake> mistakes) {
        Member declared = root.entry(KEY);
        if (declared == null || !(declared.value() instanceof Mapping mapping)) {
            return List.of();
        }
        JobParameters parameters = new JobParameters(mistakes);
        List<ParameterDeclaration> declarations = new ArrayList<>();
        for (Member entry : mapping.entries()) {
            String path = JobKey.path(KEY, YamlValue.shortened(entry.key()));
            parameters.type(entry.value(), path).ifPresent(type -> {
                Member fallback = entry.value() instanceof Mapping map ? map.entry("default") : null;
                if (fallback != null) {
                    parameters.value(entry, type, path, null);
                }
                Parameter value = parameters.parameters.get(entry.key());
                declarations.add(new ParameterDeclaration(entry.key(), type, value == null ? null : value.value()));
            });
        }
        return declarations;
    }

    /// Reads the declarations. A parameter without a value is a mistake.
    ///
    /// @return the declared names
    private List<String> declare(@Nullable Member declared, Map<String, String> given) {
        if (declared == null || !(declared.value() instanceof Mapping mapping)) {
            // JobCheck reports what is no map.
            return List.of();
        }
        List<String> names = new ArrayList<>();
        for (Member entry : mapping.entries()) {
            String path = JobKey.path(KEY, YamlValue.shortened(entry.key()));
            names.add(entry.key());
            if (!NAME.matcher(entry.key()).matches()) {
                mistakes.add(new Mistake(
                        entry.line(),
                        KEY,
                        "the name \"" + YamlValue.shortened(entry.key()) + "\"",
                        "a name of at most 63 letters, digits and _, not beginning with a digit",
                        null));
                continue;
            }
            Optional<ParameterType> type = type(entry.value(), path);
            type.ifPresent(known -> value(entry, known, path, given.get(entry.key())));
        }
        return names;
    }

    private Optional<ParameterType> type(YamlValue declaration, String path) {
        YamlValue type = declaration;
        if (declaration instanceof Mapping mapping) {
            for (Member entry : mapping.entries()) {
                if (!List.of("type", "default").contains(entry.key())) {
                    mistakes.add(new Mistake(
                            entry.line(),
                            JobKey.path(path, YamlValue.shortened(entry.key())),
                            "unknown key",
                            "one of type, default",
                            null));
                }
            }
            Member member = mapping.entry("type");
            if (member == null) {
                mistakes.add(
                        new Mistake(declaration.line(), JobKey.path(path, "type"), Mistake.MISSING, types(), null));
                return Optional.empty();
            }
            type = member.value();
        }
        Optional<ParameterType> known =
                type instanceof Scalar scalar ? ParameterType.of(scalar.text()) : Optional.empty();
        if (known.isEmpty()) {
            mistakes.add(new Mistake(type.line(), path, type.found(), types(), null));
        }
        return known;
    }

    static String types() {
        return "one of the types "
                + String.join(
                        ", ",
                        Stream.of(ParameterType.values())
                                .map(ParameterType::text)
                                .toList());
    }

    private void value(Member declared, ParameterType type, String path, @Nullable String given) {
        if (given != null) {
            put(
                    declared.key(),
                    type,
                    given,
                    Mistake.PARAMETER,
                    declared.key(),
                    "\"" + YamlValue.shortened(given) + "\"");
            return;
        }
        Member fallback = declared.value() instanceof Mapping mapping ? mapping.entry("default") : null;
        if (fallback == null) {
            mistakes.add(new Mistake(
                    declared.line(),
                    path,
                    "no value",
                    "%s: --param %s=VALUE".formatted(type.expectation(), declared.key()),
                    null));
        } else if (fallback.value() instanceof Scalar scalar) {
            put(declared.key(), type, scalar.text(), scalar.line(), JobKey.path(path, "default"), scalar.found());
        } else {
            mistakes.add(new Mistake(
                    fallback.line(),
                    JobKey.path(path, "default"),
                    fallback.value().found(),
                    type.expectation(),
                    null));
        }
    }

    private void put(String name, ParameterType type, String text, int line, String key, String found) {
        type.canonical(text)
                .ifPresentOrElse(
                        value -> parameters.put(name, new Parameter(name, type, value)),
                        () -> mistakes.add(new Mistake(line, key, found, type.expectation(), null)));
    }

    private Mapping section(Section section, String path, Mapping mapping) {
        List<Member> entries = new ArrayList<>();
        for (Member entry : mapping.entries()) {
            JobKey key = section.key(entry.key());
            boolean isDeclaration = path.isEmpty() && entry.key().equals(KEY);
            entries.add(
                    key == null || isDeclaration
                            ? entry
                            : new Member(
                                    entry.key(),
                                    entry.line(),
                                    value(key.type(), JobKey.path(path, key.name()), entry.value())));
        }
        return new Mapping(List.copyOf(entries), mapping.line());
    }

    private YamlValue value(ValueType type, String path, YamlValue value) {
        return switch (type) {
            case Section section -> value instanceof Mapping mapping ? section(section, path, mapping) : value;
            case SectionOr(String key, Section section) ->
                value instanceof Mapping mapping
                        ? section(section, path, mapping)
                        : value(Objects.requireNonNull(section.key(key)).type(), path, value);
            case ValueType.Lookups lookups -> sections(Lookup.KEYS, path, value);
            case ValueType.Members members -> sections(ValueType.Members.section(), path, value);
            case Text text -> inTexts(value, writer(text.form(), path, value.line()));
            case Texts texts -> inTexts(value, writer(texts.form(), path, value.line()));
            case Expressions expressions -> inTexts(value, writer(Form.EXPRESSION, path, value.line()));
            case ValueType.Constants constants -> constants(path, value);
            // Their placeholders are times, and have values for each tick.
            case ValueType.Templates templates -> value;
            default -> inTexts(value, writer(Form.NAME, path, value.line()));
        };
    }

    private YamlValue sections(Section section, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            return value;
        }
        List<YamlValue> items = sequence.items().stream()
                .map(item -> item instanceof Mapping mapping ? section(section, path, mapping) : item)
                .toList();
        return new Sequence(items, sequence.line());
    }

    /// A text that is a placeholder becomes the parameter's value with its type. In other texts, values stand
    /// as texts.
    private YamlValue constants(String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            return value;
        }
        List<Member> entries = mapping.entries().stream()
                .map(entry -> new Member(
                        entry.key(),
                        entry.line(),
                        constant(JobKey.path(path, YamlValue.shortened(entry.key())), entry.value())))
                .toList();
        return new Mapping(entries, mapping.line());
    }

    private YamlValue constant(String path, YamlValue value) {
        if (value instanceof Scalar scalar && scalar.kind() == Scalar.Kind.TEXT) {
            Matcher whole = PLACEHOLDER.matcher(scalar.text());
            boolean isWhole = whole.matches()
                    && whole.group(3) == null
                    && whole.group(1).isEmpty()
                    && whole.group(4).isEmpty();
            Parameter parameter = isWhole ? parameters.get(whole.group(2)) : null;
            if (parameter != null) {
                Scalar typed = new Scalar(Scalar.Kind.TEXT, parameter.value(), scalar.line());
                return new Mapping(List.of(new Member(parameter.type().text(), scalar.line(), typed)), scalar.line());
            }
        }
        return inTexts(value, text -> replace(text, path, value.line(), this::inText, position -> null));
    }

    private static YamlValue inTexts(YamlValue value, Function<String, String> writer) {
        return switch (value) {
            case Scalar scalar -> new Scalar(scalar.kind(), writer.apply(scalar.text()), scalar.line());
            case Sequence sequence ->
                new Sequence(
                        sequence.items().stream()
                                .map(item -> inTexts(item, writer))
                                .toList(),
                        sequence.line());
            case Mapping mapping ->
                new Mapping(
                        mapping.entries().stream()
                                .map(entry -> new Member(entry.key(), entry.line(), inTexts(entry.value(), writer)))
                                .toList(),
                        mapping.line());
        };
    }

    /// Replaces the placeholders in a text of a form.
    private Function<String, String> writer(Form form, String path, int line) {
        return switch (form) {
            case PATH, FILES, PLACE -> text -> replace(text, path, line, this::inPath, position -> null);
            case EXPRESSION ->
                text -> {
                    SqlText sql = new SqlText(text);
                    return replace(text, path, line, this::inExpression, sql::obstacle);
                };
            case INSTANT, REF -> text -> replace(text, path, line, this::inText, position -> null);
            default ->
                text -> replace(
                        text,
                        path,
                        line,
                        use -> "",
                        position -> "parameters may be used in paths and SQL expressions only");
        };
    }

    /// A place where a value is to be written.
    ///
    /// @param pattern or null for the value as it is
    private record Use(Parameter parameter, @Nullable String pattern) {}

    /// @param obstacle why no value can be written at a position of the text; null if it can
    private String replace(
            String text,
            String path,
            int line,
            Function<Use, @Nullable String> written,
            IntFunction<@Nullable String> obstacle) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        StringBuilder result = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(2);
            if (!matcher.group(1).isEmpty() && !matcher.group(4).isEmpty()) {
                // Doubled braces stand for simple ones.
                String simple = matcher.group();
                matcher.appendReplacement(result, Matcher.quoteReplacement(simple.substring(1, simple.length() - 1)));
                continue;
            }
            String value = null;
            Parameter parameter = parameters.get(name);
            String reason = obstacle.apply(matcher.start());
            if (parameter == null) {
                refuse(
                        line,
                        path,
                        matcher.group(),
                        "one of the parameters " + String.join(", ", parameters.keySet())
                                + ", or doubled braces, which stand for simple ones",
                        Suggestion.nearest(name, parameters.keySet()));
            } else if (reason != null) {
                refuse(line, path, matcher.group(), reason, null);
            } else if (matcher.group(3) != null && !parameter.type().hasPatterns()) {
                refuse(
                        line,
                        path,
                        matcher.group(),
                        "{%s}: only a date or timestamp has a pattern".formatted(name),
                        null);
            } else {
                value = written.apply(new Use(parameter, matcher.group(3)));
                if (value == null) {
                    refuse(
                            line,
                            path,
                            matcher.group(),
                            matcher.group(3) == null
                                    ? "a value without / \\ * ? [ ] { }, and not . or .., since it stands in a path; it is \""
                                            + YamlValue.shortened(parameter.value()) + "\""
                                    : "a pattern such as {%s:yyyy/MM/dd}".formatted(name),
                            null);
                }
            }
            String outer = matcher.group(1) + (value == null ? "" : value) + matcher.group(4);
            matcher.appendReplacement(result, Matcher.quoteReplacement(outer));
        }
        return matcher.appendTail(result).toString();
    }

    private void refuse(int line, String path, String found, String expected, @Nullable String suggestion) {
        mistakes.add(new Mistake(line, path, "the placeholder " + YamlValue.shortened(found), expected, suggestion));
    }

    private @Nullable String inPath(Use use) {
        Parameter parameter = use.parameter();
        if (use.pattern() != null) {
            return parameter.type().formatted(parameter.value(), use.pattern()).orElse(null);
        }
        return NOT_IN_PATHS.matcher(parameter.value()).find() ? null : parameter.value();
    }

    private @Nullable String inText(Use use) {
        Parameter parameter = use.parameter();
        return use.pattern() == null
                ? parameter.value()
                : parameter.type().formatted(parameter.value(), use.pattern()).orElse(null);
    }

    private @Nullable String inExpression(Use use) {
        Parameter parameter = use.parameter();
        return use.pattern() == null
                ? parameter.type().literal(parameter.value())
                : parameter
                        .type()
                        .formatted(parameter.value(), use.pattern())
                        .map(ParameterType::quoted)
                        .orElse(null);
    }

    /// A text in which no braces are a placeholder of a job with parameters.
    static String escaped(String text) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        return matcher.replaceAll(found -> Matcher.quoteReplacement("{" + found.group() + "}"));
    }
}
