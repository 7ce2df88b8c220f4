package io.nightshift.node.configuration;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.nightshift.protocol.failure.NameSuggestion;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One section of a configuration file. A key that was never read is a mistake, and so is a value of the
/// wrong type. Mistakes name the line and the key, never the value.
final class ConfigurationSection {

    /// Stands for the default of an optional key without a default.
    static final String NONE = "none";

    /// Stands for the default of a required key.
    static final String REQUIRED = "required";

    /// A key that was read.
    ///
    /// @param standard its default
    /// @param range the range of a number, such as `1 to 65535`; empty for other types
    record Asked(String standard, String range, KeyMeaning meaning) {}

    private static final ConfigObject NOTHING = ConfigValueFactory.fromMap(Map.of());

    private final String path;
    private final ConfigObject values;
    private final Path file;
    private final List<String> mistakes;
    private final Map<String, Asked> asked;
    private final Set<String> known = new TreeSet<>();

    /// @param path the path of the section, empty for the whole file
    /// @param mistakes receives a line for each mistake
    ConfigurationSection(String path, ConfigObject values, Path file, List<String> mistakes) {
        this(path, values, file, mistakes, new LinkedHashMap<>());
    }

    private ConfigurationSection(
            String path, ConfigObject values, Path file, List<String> mistakes, Map<String, Asked> asked) {
        this.path = path;
        this.values = values;
        this.file = file;
        this.mistakes = mistakes;
        this.asked = asked;
    }

    /// All keys that were read in this section and those below, by path, in the order of the reads. They are
    /// the rows of the reference documentation. If a key was read twice, the first default counts, and the
    /// first meaning.
    Map<String, Asked> asked() {
        return asked;
    }

    /// The names in this section, if its keys are chosen by the user.
    Set<String> names() {
        values.keySet().forEach(name -> ask(name, NONE));
        return new TreeSet<>(values.keySet());
    }

    boolean has(String key) {
        ask(key, NONE);
        return values.containsKey(key);
    }

    /// The section of this name, or an empty one.
    ConfigurationSection section(String key) {
        ask(key, NONE);
        ConfigValue value = value(key);
        if (value != null && !(value instanceof ConfigObject)) {
            mistake(key, "expected a section { ... }, not " + type(value));
        }
        ConfigObject object = value instanceof ConfigObject section ? section : NOTHING;
        return new ConfigurationSection(at(key), object, file, mistakes, asked);
    }

    /// The text of this name. If there is none, that is a mistake, and the text is empty.
    String text(String key, KeyMeaning meaning) {
        ask(key, REQUIRED, "", meaning);
        String text = textOrNull(key, meaning);
        if (text == null || text.isBlank()) {
            if (!values.containsKey(key)) {
                mistake(key, "missing; add it");
            } else if (text != null) {
                mistake(key, "is empty; write a value, or remove the key");
            }
            return "";
        }
        return text;
    }

    @Nullable
    String textOrNull(String key, KeyMeaning meaning) {
        ask(key, NONE, "", meaning);
        ConfigValue value = value(key);
        return switch (value == null ? ConfigValueType.NULL : value.valueType()) {
            case STRING, NUMBER, BOOLEAN -> String.valueOf(value == null ? null : value.unwrapped());
            case NULL -> null;
            case OBJECT, LIST -> {
                mistake(key, "expected a text, not " + type(values.get(key)));
                yield null;
            }
        };
    }

    /// The text of this name, or null if there is none. An empty text is a mistake.
    @Nullable
    String optionalText(String key, KeyMeaning meaning) {
        ask(key, NONE, "", meaning);
        return values.containsKey(key) ? text(key, meaning) : skip(key, null);
    }

    String text(String key, String otherwise, KeyMeaning meaning) {
        ask(key, otherwise, "", meaning);
        return values.containsKey(key) ? text(key, meaning) : skip(key, otherwise);
    }

    /// @return a number within the range, or the default if there is none
    int number(String key, int otherwise, int least, int most, KeyMeaning meaning) {
        ask(key, String.valueOf(otherwise), "%,d to %,d".formatted(least, most), meaning);
        ConfigValue value = value(key);
        if (value == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(String.valueOf(value.unwrapped()));
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a number out of range.
        }
        mistake(key, "expected a number from %d to %d".formatted(least, most));
        return otherwise;
    }

    List<String> texts(String key, List<String> otherwise, KeyMeaning meaning) {
        ask(key, otherwise.isEmpty() ? NONE : String.join(", ", otherwise), "", meaning);
        ConfigValue value = value(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof ConfigList list
                && list.stream().allMatch(item -> item.valueType() == ConfigValueType.STRING)) {
            return list.stream().map(item -> String.valueOf(item.unwrapped())).toList();
        }
        mistake(key, "expected a list of texts [ \"...\", ... ]");
        return otherwise;
    }

    /// A list of sections, or an empty one.
    List<ConfigurationSection> sections(String key) {
        ask(key, NONE);
        ConfigValue value = value(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof ConfigList list && list.stream().allMatch(ConfigObject.class::isInstance)) {
            return list.stream()
                    .map(item -> new ConfigurationSection(at(key), (ConfigObject) item, file, mistakes, asked))
                    .toList();
        }
        mistake(key, "expected a list of sections [ { ... }, ... ]");
        return List.of();
    }

    /// `true` or `false`; false if it is absent.
    boolean flag(String key, KeyMeaning meaning) {
        String text = text(key, "false", new KeyMeaning("`true`, `false`", meaning.text(), ""));
        if (!text.equals("true") && !text.equals("false")) {
            mistake(key, "expected true or false");
        }
        return text.equals("true");
    }

    /// Reports every key that has no default, and every value of another type than its default.
    void sameKeysAs(Config defaults) {
        for (String key : defaults.root().keySet()) {
            ConfigValue value = value(key);
            ConfigValue standard = defaults.root().get(key);
            if (value == null || standard == null) {
                continue;
            }
            if (standard.valueType() == ConfigValueType.OBJECT) {
                section(key).sameKeysAs(defaults.getConfig(key));
            } else if (value instanceof ConfigObject || value instanceof ConfigList) {
                mistake(key, "expected a value such as %s, not %s".formatted(standard.unwrapped(), type(value)));
            } else if (isDuration(standard) && !isDuration(value)) {
                mistake(key, "expected a time such as " + standard.unwrapped());
            } else if (standard.valueType() == ConfigValueType.NUMBER && value.valueType() != ConfigValueType.NUMBER) {
                mistake(key, "expected a number such as " + standard.unwrapped());
            }
        }
        end();
    }

    private static boolean isDuration(ConfigValue value) {
        return String.valueOf(value.unwrapped()).matches("[0-9.]+ ?(ns|us|ms|s|m|h|d|seconds?|minutes?|hours?|days?)");
    }

    private void ask(String key, String standard) {
        ask(key, standard, "", KeyMeaning.NONE);
    }

    private void ask(String key, String standard, String range, KeyMeaning meaning) {
        asked.merge(
                at(key),
                new Asked(standard, range, meaning),
                (first, again) -> first.meaning().equals(KeyMeaning.NONE)
                        ? new Asked(first.standard(), first.range(), again.meaning())
                        : first);
    }

    private <T extends @Nullable Object> T skip(String key, T otherwise) {
        known.add(key);
        return otherwise;
    }

    /// A path, relative to the folder of the configuration file.
    Path resolve(String relative) {
        return file.toAbsolutePath().resolveSibling(relative);
    }

    /// Reports a mistake.
    ///
    /// @param what the rest of the sentence, without the value
    void mistake(String key, String what) {
        ConfigValue value = values.get(key);
        mistakes.add("%s: %s: %s".formatted(place(file, (value == null ? values : value).origin()), at(key), what));
    }

    /// Reports every key that was not read. Called after all reads.
    void end() {
        for (String key : new TreeSet<>(values.keySet())) {
            if (!known.contains(key)) {
                String near = NameSuggestion.closest(key, known);
                mistake(
                        key,
                        "unknown key; "
                                + (near == null
                                        ? "expected one of " + String.join(", ", known)
                                        : "did you mean \"" + near + "\"?"));
            }
        }
    }

    /// Where a value is: `file:line`, or `file` if the line is unknown.
    static String place(Path file, @Nullable ConfigOrigin origin) {
        return origin == null || origin.lineNumber() < 1 ? file.toString() : file + ":" + origin.lineNumber();
    }

    private @Nullable ConfigValue value(String key) {
        known.add(key);
        return values.get(key);
    }

    private String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static String type(@Nullable ConfigValue value) {
        return switch (value == null ? ConfigValueType.NULL : value.valueType()) {
            case OBJECT -> "a section";
            case LIST -> "a list";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case NULL -> "nothing";
            case STRING -> "a text";
        };
    }
}
