package io.nightshift.node.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValue;
import io.nightshift.node.configuration.ConfigurationSection.Asked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Holds the tables of the configuration's reference page to the keys that [Configuration] reads and those of
/// the files `reference.conf`. `-Dnightshift.regenerate=true` writes the tables anew.
final class ConfigurationReferenceTest {

    private static final Path PAGE = Path.of("../docs/reference/configuration.md");

    /// The place of a table: the sections or keys that it shows.
    private static final Pattern PLACE = Pattern.compile("(<!-- keys: (.*) -->\n)(?s:.*?)(<!-- end of keys -->)");

    private static final Pattern KEY = Pattern.compile("nightshift\\.[a-z.-]+");

    /// The comment of a key in a `reference.conf`: its unit or range, and its meaning.
    private static final Pattern COMMENT = Pattern.compile("\\[(.*?)] (.*)");

    /// Every optional section, so that its keys are read.
    private static final Config ALL_SECTIONS = ConfigFactory.parseString("""
        nightshift {
          node.kubernetes {}
          journal {}
          data-sources.NAME {}
          stores.NAME {}
          catalogs.NAME {}
          tls.enabled = true
          http { tls {}, tokens = [{}] }
          metrics.otlp.headers.NAME = value
          alerts { channels.NAME {}, rules = [{}] }
          lineage {}
          mlflow {}
          cost {}
        }
        """);

    private static final Map<String, Asked> KEYS = keys();

    private static Map<String, Asked> keys() {
        ConfigurationSection root =
                new ConfigurationSection("", ALL_SECTIONS.root(), Path.of("node.conf"), new ArrayList<>());
        Configuration.read(root, ConfigFactory.empty());
        Map<String, Asked> keys = new LinkedHashMap<>(root.asked());
        ConfigFactory.defaultReference().getConfig("nightshift").entrySet().stream()
                // System properties have no line.
                .filter(entry -> entry.getValue().origin().lineNumber() > 0)
                .sorted(Comparator.comparingInt((Map.Entry<String, ConfigValue> entry) ->
                        entry.getValue().origin().lineNumber()))
                .forEach(entry -> keys.put("nightshift." + entry.getKey(), tuned(entry.getValue())));
        // A section is documented by its keys.
        List<String> all = List.copyOf(keys.keySet());
        keys.keySet().removeIf(key -> all.stream().anyMatch(other -> other.startsWith(key + ".")));
        keys.remove("pekko");
        return keys;
    }

    private static Asked tuned(ConfigValue value) {
        String comment = value.origin().comments().stream().map(String::strip).collect(Collectors.joining(" "));
        Matcher parts = COMMENT.matcher(comment);
        KeyMeaning meaning = parts.matches() ? KeyMeaning.of(parts.group(1), parts.group(2)) : KeyMeaning.NONE;
        return new Asked(String.valueOf(value.unwrapped()), "", meaning);
    }

    @Test
    void everyKeyHasAMeaningAndAPlaceOnThePage() throws IOException {
        List<String> places = places(Files.readString(PAGE));

        assertThat(KEYS).isNotEmpty().allSatisfy((key, asked) -> {
            assertThat(asked.meaning().text()).as("meaning of %s", key).endsWith(".");
            assertThat(places).as("the place of %s", key).anyMatch(place -> holds(place, key));
        });
    }

    @Test
    void thePageIsWrittenFromTheKeys() throws IOException {
        String page = Files.readString(PAGE);
        List<String> places = places(page);
        String expected = PLACE.matcher(page)
                .replaceAll(place -> Matcher.quoteReplacement(
                        place.group(1) + "\n" + table(place.group(2), places) + "\n" + place.group(3)));
        if (Boolean.getBoolean("nightshift.regenerate")) {
            Files.writeString(PAGE, expected);
        }

        assertThat(Files.readString(PAGE))
                .as("%s differs from the program; run this test with -Dnightshift.regenerate=true", PAGE)
                .isEqualTo(expected);
    }

    private static List<String> places(String page) {
        return PLACE.matcher(page)
                .results()
                .flatMap(place -> List.of(place.group(2).split(", ", -1)).stream())
                .toList();
    }

    private static boolean holds(String place, String key) {
        return key.equals(place) || key.startsWith(place + ".");
    }

    private static String table(String shown, List<String> places) {
        StringBuilder table = new StringBuilder("| key | default | unit, range | meaning |\n|---|---|---|---|\n");
        for (String place : shown.split(", ", -1)) {
            KEYS.forEach((key, asked) -> {
                boolean isElsewhere =
                        places.stream().anyMatch(other -> other.length() > place.length() && holds(other, key));
                if (holds(place, key) && !isElsewhere) {
                    table.append("| `%s` | %s | %s| %s |\n"
                            .formatted(
                                    key,
                                    standard(asked),
                                    unit(asked),
                                    asked.meaning().text()));
                }
            });
        }
        return table.toString();
    }

    /// The default. If the page names other keys as the default, their values are that of this key.
    private static String standard(Asked asked) {
        String shown = asked.meaning().shownDefault();
        if (!shown.isEmpty()) {
            assertThat(KEY.matcher(shown.replace("`", "")).replaceAll(ConfigurationReferenceTest::value))
                    .isEqualTo(asked.standard());
            return shown;
        }
        boolean isWord = asked.standard().equals(ConfigurationSection.NONE)
                || asked.standard().equals(ConfigurationSection.REQUIRED);
        return isWord ? asked.standard() : "`" + asked.standard() + "`";
    }

    private static String value(MatchResult key) {
        return Objects.requireNonNull(KEYS.get(key.group()), key.group()).standard();
    }

    /// Unit and range, with a space behind them if there are any.
    private static String unit(Asked asked) {
        String both = (asked.range() + " " + asked.meaning().unit()).strip();
        return both.isEmpty() ? "" : both + " ";
    }

    @Test
    void aRunHasAsManyWorkersAsItSays() throws IOException {
        int workers = ConfigFactory.parseResources("embedded-cluster.conf").getInt("nightshift.worker.count");
        assertThat(Files.readString(PAGE)).contains("`run` has %d".formatted(workers));
    }
}
