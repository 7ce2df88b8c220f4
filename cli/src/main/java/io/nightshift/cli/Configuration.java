package io.nightshift.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.nightshift.protocol.datasource.DataSourceSettings;
import io.nightshift.protocol.datasource.DataSources;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a node is told by its configuration file, in HOCON. Every mistake of the file is reported at once, with its
/// line; no message and no text of this object holds a value of the file, since any of them may be a secret.
///
/// A further section is read in [#nightshift]: each key is asked for once, and what nobody asked for is unknown.
public final class Configuration {

    /// In the home folder; used where no other file is named.
    public static final String FILE = "nightshift.conf";

    private static final Pattern CREDENTIALS =
            Pattern.compile("://[^/?]*@|[?&](user|password|sslpassword)=", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");

    private final DataSources dataSources;

    private Configuration(DataSources dataSources) {
        this.dataSources = dataSources;
    }

    /// Reads the configuration.
    ///
    /// @param file null: the home's, if it has one
    /// @param home where [#FILE] is looked for
    /// @throws FailureException permanent, naming every mistake
    public static Configuration load(@Nullable Path file, Path home) {
        Path used = file == null ? home.resolve(FILE) : file;
        if (file == null && !Files.exists(used)) {
            return new Configuration(DataSources.NONE);
        }
        if (!Files.isRegularFile(used)) {
            throw FailureException.permanent("there is no configuration file " + used);
        }
        List<String> mistakes = new ArrayList<>();
        ConfigurationSection root = new ConfigurationSection("", parse(used).root(), used, mistakes);
        Configuration configuration = nightshift(root.section("nightshift"));
        root.end();
        if (!mistakes.isEmpty()) {
            throw FailureException.permanent(String.join("\n", mistakes));
        }
        return configuration;
    }

    public DataSources dataSources() {
        return dataSources;
    }

    private static Configuration nightshift(ConfigurationSection nightshift) {
        Configuration configuration = new Configuration(dataSources(nightshift.section("data-sources")));
        nightshift.end();
        return configuration;
    }

    private static DataSources dataSources(ConfigurationSection section) {
        Map<String, DataSourceSettings> byName = new HashMap<>();
        for (String name : section.names()) {
            if (!NAME.matcher(name).matches()) {
                section.mistake(name, "a data source's name is at most 63 lower-case letters, digits, - and _");
            }
            ConfigurationSection one = section.section(name);
            String url = url(one);
            String user = one.textOrNull("user");
            String password = password(one);
            one.end();
            byName.put(name, new DataSourceSettings(name, url, user, password));
        }
        section.end();
        return new DataSources(byName);
    }

    private static String url(ConfigurationSection source) {
        String url = source.text("url");
        if (!url.isEmpty() && !url.startsWith(DataSourceSettings.POSTGRESQL)) {
            source.mistake("url", "expected a JDBC URL such as jdbc:postgresql://host:5432/database");
        } else if (CREDENTIALS.matcher(url).find()) {
            source.mistake("url", "holds credentials; give them as user and password, or password-file");
        }
        return url;
    }

    private static @Nullable String password(ConfigurationSection source) {
        String password = source.textOrNull("password");
        String file = source.textOrNull("password-file");
        if (file == null) {
            return password;
        }
        if (password != null) {
            source.mistake("password-file", "given together with password; one of them is enough");
        }
        try {
            return Files.readString(source.resolve(file)).stripTrailing();
        } catch (CharacterCodingException _) {
            source.mistake("password-file", "the file isn't text in UTF-8");
        } catch (InvalidPathException | IOException _) {
            source.mistake("password-file", "there is no such file, or no right to read it");
        }
        return null;
    }

    /// The file with its substitutions made. A parser's own words may quote a secret, so they are not passed on.
    private static Config parse(Path file) {
        try {
            Files.readString(file, StandardCharsets.UTF_8);
            return ConfigFactory.parseFile(
                            file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
                    .resolve();
        } catch (ConfigException.UnresolvedSubstitution e) {
            throw FailureException.permanent(
                    "%s: a substitution ${...} names something that is neither in the file nor in the environment; write ${?...} where it may be absent"
                            .formatted(ConfigurationSection.place(file, e.origin())));
        } catch (ConfigException e) {
            throw FailureException.permanent(
                    "%s: not HOCON; a value with special characters needs quotes, and every { its }"
                            .formatted(ConfigurationSection.place(file, e.origin())));
        } catch (IOException _) {
            throw FailureException.permanent("the configuration file %s can't be read as text".formatted(file));
        }
    }

    @Override
    public String toString() {
        return "configuration with " + dataSources.byName().keySet();
    }
}
