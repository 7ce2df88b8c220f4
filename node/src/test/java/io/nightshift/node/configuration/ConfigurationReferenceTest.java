package io.nightshift.node.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.node.configuration.ConfigurationSection.Asked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Checks the configuration's reference page against the keys that [Configuration] reads and those of the
/// files `reference.conf`.
final class ConfigurationReferenceTest {

    private static final Path REFERENCE = Path.of("../docs/reference/configuration.md");
    private static final Pattern ROW = Pattern.compile("\\| `(nightshift\\.[^`]+)` \\|([^|]*)\\|([^|]*)\\|[^|]+\\|");
    private static final Pattern KEY = Pattern.compile("nightshift\\.[a-z.-]+");

    /// Every optional section, so that its keys are read.
    private static final Config ALL_SECTIONS = ConfigFactory.parseString("""
            nightshift {
              node.kubernetes {}
              journal {}
              data-sources.NAME {}
              tls.enabled = true
              http { tls {}, tokens = [{}] }
              metrics.otlp.headers.NAME = value
            }
            """);

    /// The ranges by key. The range is empty if it is unknown, as for keys that are not numbers.
    private static final Map<String, Asked> READ = new TreeMap<>();

    private static final Map<String, Asked> DOCUMENTED = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        ConfigurationSection root =
                new ConfigurationSection("", ALL_SECTIONS.root(), Path.of("node.conf"), new ArrayList<>());
        Configuration.read(root, ConfigFactory.empty());
        READ.putAll(root.asked());
        ConfigFactory.defaultReference()
                .getConfig("nightshift")
                .entrySet()
                .forEach(entry -> READ.put(
                        "nightshift." + entry.getKey(),
                        new Asked(String.valueOf(entry.getValue().unwrapped()), "")));
        // A section is documented by its keys.
        List<String> keys = List.copyOf(READ.keySet());
        READ.keySet().removeIf(key -> keys.stream().anyMatch(other -> other.startsWith(key + ".")));
        READ.remove("pekko");
        String above = "";
        for (String line : Files.readAllLines(REFERENCE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(above).as("above the row %s", line).startsWith("|");
                DOCUMENTED.put(
                        row.group(1),
                        new Asked(row.group(2).strip(), row.group(3).strip()));
            } else {
                assertThat(line).as("no row of a table with four columns").doesNotStartWith("| `");
            }
            above = line;
        }
    }

    @Test
    void everyKeyThatIsReadIsInTheReferenceAndNoOtherIs() {
        assertThat(DOCUMENTED).containsOnlyKeys(READ.keySet());
    }

    @Test
    void itsDefaultsAreThoseOfTheProgram() {
        DOCUMENTED.forEach((key, documented) -> assertThat(standard(documented.standard()))
                .as("default of %s", key)
                .isEqualTo(READ.getOrDefault(key, documented).standard()));
    }

    /// The default in the program. Where the page names another key as the default, the value of that key.
    private static String standard(String documented) {
        return KEY.matcher(documented.replace("`", ""))
                .replaceAll(key -> Objects.requireNonNull(READ.get(key.group()), key.group())
                        .standard());
    }

    @Test
    void itsRangesOfNumbersAreThoseOfTheProgram() {
        DOCUMENTED.forEach((key, documented) -> assertThat(documented.range().replace(",", ""))
                .as("range of %s", key)
                .startsWith(READ.getOrDefault(key, documented).range().replace(",", "")));
    }

    @Test
    void aRunHasAsManyWorkersAsItSays() throws IOException {
        int workers = ConfigFactory.parseResources("embedded-cluster.conf").getInt("nightshift.worker.count");
        assertThat(Files.readString(REFERENCE)).contains("`run` has %d".formatted(workers));
    }
}
