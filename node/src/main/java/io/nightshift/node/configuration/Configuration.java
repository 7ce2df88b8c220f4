package io.nightshift.node.configuration;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.lineage.LineageSettings;
import io.nightshift.node.log.ProgramLog;
import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.RedisAddress;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
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
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A node's configuration, from a file in HOCON. All mistakes in the file are reported at once, with their
/// lines. No message, and no text of this object, contains a value of the file, because any value may be a
/// secret.
///
/// New sections are read in [#nightshift]. Each key is read once. Keys that are not read are reported as
/// unknown.
public final class Configuration {

    /// The file in the home folder that is read if no other is named.
    public static final String FILE = "nightshift.conf";

    private static final Pattern CREDENTIALS =
            Pattern.compile("://[^/?]*@|[?&](user|password|sslpassword)=", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");

    private static final Set<String> TUNED = Set.of("batch", "ledger", "worker");

    private final DataSources dataSources;
    private final NodeSettings node;
    private final @Nullable TlsSettings tls;
    private final HttpSettings http;
    private final AdmissionSettings admission;
    private final AlertConfiguration alerts;
    private final @Nullable DataSourceSettings journal;
    private final RegistryLocation registry;
    private final FileSettings files;
    private final ObjectSettings objects;
    private final @Nullable OtlpSettings otlp;
    private final @Nullable LineageSettings lineage;
    private final @Nullable MlflowSettings mlflow;
    private final ProgramLog.Format logFormat;
    private final Prices prices;
    private final Config tuning;

    private Configuration(
            DataSources dataSources,
            NodeSettings node,
            @Nullable TlsSettings tls,
            HttpSettings http,
            AdmissionSettings admission,
            AlertConfiguration alerts,
            @Nullable DataSourceSettings journal,
            RegistryLocation registry,
            FileSettings files,
            ObjectSettings objects,
            @Nullable OtlpSettings otlp,
            @Nullable LineageSettings lineage,
            @Nullable MlflowSettings mlflow,
            ProgramLog.Format logFormat,
            Prices prices,
            Config tuning) {
        this.dataSources = dataSources;
        this.node = node;
        this.tls = tls;
        this.http = http;
        this.admission = admission;
        this.alerts = alerts;
        this.journal = journal;
        this.registry = registry;
        this.files = files;
        this.objects = objects;
        this.otlp = otlp;
        this.lineage = lineage;
        this.mlflow = mlflow;
        this.logFormat = logFormat;
        this.prices = prices;
        this.tuning = tuning;
    }

    /// Reads the configuration.
    ///
    /// @param file the file, or null for the home folder's, if it has one
    /// @param home the home folder, in which [#FILE] is looked for
    /// @throws FailureException permanent, naming every mistake
    public static Configuration load(@Nullable Path file, Path home) {
        Path used = file == null ? home.resolve(FILE) : file;
        Config given = ConfigFactory.empty();
        if (Files.isRegularFile(used)) {
            given = parse(used);
        } else if (file != null || Files.exists(used)) {
            throw FailureException.permanent(
                    "there is no configuration file %s. Name an existing file with --config".formatted(used));
        }
        List<String> mistakes = new ArrayList<>();
        ConfigurationSection root = new ConfigurationSection("", given.root(), used, mistakes);
        Configuration configuration = read(root, tuning(given));
        if (!mistakes.isEmpty()) {
            throw FailureException.permanent(String.join("\n", mistakes));
        }
        return configuration;
    }

    /// @param root the whole file
    static Configuration read(ConfigurationSection root, Config tuning) {
        Configuration configuration = nightshift(root.section("nightshift"), tuning);
        root.section("pekko");
        root.end();
        return configuration;
    }

    public DataSources dataSources() {
        return dataSources;
    }

    public NodeSettings node() {
        return node;
    }

    /// TLS between nodes, or null if it isn't enabled.
    public @Nullable TlsSettings tls() {
        return tls;
    }

    /// How much work callers may give to the cluster.
    public AdmissionSettings admission() {
        return admission;
    }

    /// The channels of alerts, and how alerts are delivered.
    public AlertConfiguration alerts() {
        return alerts;
    }

    /// The HTTP server, and the tokens of the node's callers.
    public HttpSettings http() {
        return http;
    }

    /// The settings of the transport between nodes, which override all others of an actor system.
    ///
    /// @throws FailureException permanent, if a file of `nightshift.tls` can't be used
    public Config transport() {
        return tls == null ? ConfigFactory.empty() : tls.transport();
    }

    /// The database of a cluster's journal, or null for the journal in the home folder.
    public @Nullable DataSourceSettings journal() {
        return journal;
    }

    /// Where the models are registered.
    public RegistryLocation registry() {
        return registry;
    }

    /// A registry that a caller names instead.
    ///
    /// @param location a folder, or an address of objects
    /// @throws FailureException permanent, if it is no address
    public RegistryLocation registryAt(String location) {
        if (!ObjectAddress.isAddress(location)) {
            return new RegistryLocation.Folder(Path.of(location).toAbsolutePath());
        }
        ObjectAddress prefix = ObjectAddress.of(location);
        return new RegistryLocation.Objects(prefix, objects.storeOf(prefix));
    }

    /// The folders that jobs may use.
    public FileSettings files() {
        return files;
    }

    /// The object stores that jobs may read.
    public ObjectSettings objects() {
        return objects;
    }

    /// Where metrics are sent, or null if they aren't.
    public @Nullable OtlpSettings otlp() {
        return otlp;
    }

    /// The format of the node's log.
    public ProgramLog.Format logFormat() {
        return logFormat;
    }

    /// Where the lineage of batches is sent, or null.
    public @Nullable LineageSettings lineage() {
        return lineage;
    }

    /// The MLflow server whose models the jobs of others may name, or null.
    public Supplier<@Nullable MlflowSettings> mlflowOfNode() {
        return () -> mlflow;
    }

    /// The MLflow server of a command whose user runs a job of their own, or null: without the section, the one
    /// that the variables of MLflow's own clients name. It throws a permanent [FailureException] if a variable is
    /// wrong, so ask it only when a model of the server is needed.
    public Supplier<@Nullable MlflowSettings> mlflowOfCommand() {
        return () -> mlflow == null ? MlflowSettings.environment(System::getenv) : mlflow;
    }

    /// The prices of what attempts use; [Prices#NONE] if there are none.
    public Prices prices() {
        return prices;
    }

    /// The sections `nightshift.batch`, `nightshift.ledger`, `nightshift.worker` and `pekko`, which override
    /// the defaults.
    public Config tuning() {
        return tuning;
    }

    private static Configuration nightshift(ConfigurationSection nightshift, Config tuning) {
        for (String section : TUNED) {
            ConfigurationSection tuned = nightshift.section(section);
            if (nightshift.has(section)) {
                tuned.sameKeysAs(ConfigFactory.defaultReference().getConfig("nightshift." + section));
            }
        }
        ObjectSettings objects = ObjectSettings.read(nightshift.section("stores"), nightshift.section("object-copies"));
        Configuration configuration = new Configuration(
                dataSources(nightshift.section("data-sources"), nightshift.section("catalogs")),
                NodeSettings.read(nightshift.section("node")),
                TlsSettings.read(nightshift.section("tls")),
                HttpSettings.read(nightshift.section("http")),
                AdmissionSettings.read(nightshift.section("admission")),
                AlertsSection.read(nightshift.section("alerts")),
                nightshift.has("journal") ? journal(nightshift.section("journal")) : null,
                registry(nightshift, objects),
                FileSettings.read(nightshift.section("files")),
                objects,
                otlp(nightshift.section("metrics")),
                nightshift.has("lineage") ? LineageSection.read(nightshift.section("lineage")) : null,
                nightshift.has("mlflow") ? MlflowSection.read(nightshift.section("mlflow")) : null,
                logFormat(nightshift.section("log")),
                nightshift.has("cost") ? CostSettings.read(nightshift.section("cost")) : Prices.NONE,
                tuning);
        nightshift.end();
        return configuration;
    }

    private static RegistryLocation registry(ConfigurationSection nightshift, ObjectSettings objects) {
        String registry = nightshift.textOrNull(
                "registry",
                KeyMeaning.of(
                        "path or address",
                        "The model registry, which all nodes see: a folder, or an address such as"
                                + " `s3://models/nightshift`. Without this key: `models` in the home folder."));
        String name = nightshift.textOrNull(
                "registry-store",
                KeyMeaning.of(
                        "The name of the store in `nightshift.stores` that has the registry. Without this key: the store"
                                + " whose `buckets` have the registry's bucket, or the store that the environment"
                                + " describes (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3`; for Azure,"
                                + " `AZURE_STORAGE_ACCOUNT`, `AZURE_STORAGE_KEY`)."));
        boolean isAddress = registry != null && ObjectAddress.isAddress(registry);
        if (name != null && !isAddress) {
            nightshift.mistake(
                    "registry-store", "nightshift.registry must be an address such as s3://models/nightshift");
        }
        if (registry == null) {
            return new RegistryLocation.Home();
        }
        if (!isAddress) {
            return new RegistryLocation.Folder(nightshift.resolve(registry));
        }
        ObjectAddress prefix;
        try {
            prefix = ObjectAddress.of(registry);
        } catch (FailureException e) {
            nightshift.mistake("registry", "expected a folder, or an address such as s3://models/nightshift");
            return new RegistryLocation.Home();
        }
        Optional<ObjectStoreSettings> named = objects.stores().stream()
                .filter(store -> store.name().equals(name))
                .findFirst();
        if (name != null && named.isEmpty()) {
            nightshift.mistake("registry-store", "nightshift.stores has no store of this name");
        }
        if (named.isPresent() && !named.get().type().has(prefix)) {
            nightshift.mistake("registry-store", "is a store of another type than nightshift.registry needs");
        }
        try {
            return new RegistryLocation.Objects(prefix, named.orElseGet(() -> objects.storeOf(prefix)));
        } catch (FailureException e) {
            nightshift.mistake("registry", String.valueOf(e.getMessage()));
            return new RegistryLocation.Home();
        }
    }

    private static ProgramLog.Format logFormat(ConfigurationSection log) {
        String format = log.text(
                "format",
                "text",
                KeyMeaning.of(
                        "`text`, or `json`: one object per line, with `time`, `level`, `logger` and `message`, and with"
                                + " `batch`, `partition` and `attempt` if the message concerns one."));
        if (!format.equals("text") && !format.equals("json")) {
            log.mistake("format", "expected text or json");
        }
        log.end();
        return format.equals("json") ? ProgramLog.Format.JSON : ProgramLog.Format.TEXT;
    }

    private static @Nullable OtlpSettings otlp(ConfigurationSection metrics) {
        OtlpSettings otlp = metrics.has("otlp") ? OtlpSettings.read(metrics.section("otlp")) : null;
        metrics.end();
        return otlp;
    }

    private static Config tuning(Config given) {
        Config tuning = ConfigFactory.empty();
        for (String path : List.of("nightshift.batch", "nightshift.ledger", "nightshift.worker", "pekko")) {
            if (given.hasPath(path)) {
                tuning = tuning.withValue(path, given.getValue(path));
            }
        }
        return tuning;
    }

    private static DataSources dataSources(ConfigurationSection section, ConfigurationSection catalogs) {
        Map<String, DataSourceSettings> byName = new HashMap<>();
        for (String name : section.names()) {
            if (!NAME.matcher(name).matches()) {
                section.mistake(
                        name,
                        "is not a valid name of a data source; use at most 63 lower-case letters, digits, - and _");
            }
            byName.put(name, dataSource(name, section.section(name)));
        }
        section.end();
        return new DataSources(byName, CatalogsSection.read(catalogs, byName));
    }

    private static DataSourceSettings journal(ConfigurationSection section) {
        String url = url(section, POSTGRESQL_URL);
        if (!url.isEmpty() && !url.startsWith(DataSourceSettings.POSTGRESQL)) {
            section.mistake("url", "expected a JDBC URL such as jdbc:postgresql://host:5432/database");
        }
        String user = user(section);
        String password = password(section);
        PlainConnections.checkDatabase(section, url);
        section.end();
        return new DataSourceSettings("journal", url, user, password);
    }

    private static DataSourceSettings dataSource(String name, ConfigurationSection section) {
        String url = url(
                section,
                POSTGRESQL_URL + " It may also be a MariaDB or MySQL database, whose URL begins with"
                        + " `jdbc:mariadb:`; see [that driver's"
                        + " documentation](https://mariadb.com/docs/connectors/mariadb-connector-j) for the parameters,"
                        + " such as `?sslMode=verify-full`. Or it is a Redis or Valkey server:"
                        + " `redis://host:6379/0`, or `rediss://host:6379/0?ca=/path/ca.pem` for TLS. The number is that"
                        + " of the database. `ca` names a PEM file with the authorities to trust, in place of those"
                        + " that Java trusts.");
        if (url.startsWith("redis")) {
            try {
                RedisAddress.of(url);
            } catch (IllegalArgumentException e) {
                section.mistake("url", String.valueOf(e.getMessage()));
            }
        } else if (!url.isEmpty()
                && !url.startsWith(DataSourceSettings.POSTGRESQL)
                && !url.startsWith(DataSourceSettings.MARIADB)) {
            section.mistake(
                    "url",
                    "expected a URL such as jdbc:postgresql://host:5432/database, jdbc:mariadb://host:3306/database or redis://host:6379/0");
        }
        String user = user(section);
        String password = password(section);
        PlainConnections.checkDatabase(section, url);
        int connections = section.number(
                "max-connections",
                0,
                0,
                1000,
                KeyMeaning.of("The number of connections by which a node reads rows from the database at a time, if"
                        + " a job has it as its source. 0 means as many as the node has scoring threads. A batch keeps"
                        + " one connection more, on its coordinator's node."));
        section.end();
        return new DataSourceSettings(name, url, user, password, connections);
    }

    private static @Nullable String user(ConfigurationSection section) {
        return section.textOrNull(
                "user",
                KeyMeaning.of("The user of the database. Without this key, the driver uses the user of the operating"
                        + " system."));
    }

    private static final String POSTGRESQL_URL = "Begins with `jdbc:postgresql:` and contains no credentials. The"
            + " [driver's documentation](https://jdbc.postgresql.org/documentation/use/) lists the parameters, such as"
            + " `?sslmode=verify-full`.";

    private static String url(ConfigurationSection source, String meaning) {
        String url = source.text("url", KeyMeaning.of("JDBC URL", meaning));
        if (CREDENTIALS.matcher(url).find()) {
            source.mistake("url", "contains credentials; write them as user and password, or password-file, instead");
        }
        return url;
    }

    private static @Nullable String password(ConfigurationSection source) {
        String password = source.textOrNull("password", KeyMeaning.of("The password. Preferably, use `${?NAME}`."));
        String file = source.textOrNull(
                "password-file",
                KeyMeaning.of(
                        "path",
                        "A file that contains the password, instead of `password`. Line ends after the password are"
                                + " ignored."));
        if (file == null) {
            return password;
        }
        if (password != null) {
            source.mistake("password-file", "is given together with password; remove one of them");
        }
        try {
            return Files.readString(source.resolve(file)).stripTrailing();
        } catch (CharacterCodingException _) {
            source.mistake("password-file", "the file is not text in UTF-8; write the password as UTF-8");
        } catch (InvalidPathException | IOException _) {
            source.mistake(
                    "password-file", "there is no such file, or it can't be read; check its path and permissions");
        }
        return null;
    }

    /// The file with its substitutions resolved. The parser's messages may quote a secret, so they are
    /// dropped.
    static Config parse(Path file) {
        try {
            Files.readString(file, StandardCharsets.UTF_8);
            return ConfigFactory.parseFile(
                            file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
                    .resolve();
        } catch (ConfigException.UnresolvedSubstitution e) {
            throw FailureException.permanent(
                    "%s: a substitution ${NAME} names neither a key of the file nor an environment variable. Set the variable, or write ${?NAME} if it may be absent"
                            .formatted(ConfigurationSection.place(file, e.origin())));
        } catch (ConfigException e) {
            throw FailureException.permanent(
                    "%s: the file is not valid HOCON. Put values with special characters into quotes, and close every {"
                            .formatted(ConfigurationSection.place(file, e.origin())));
        } catch (IOException _) {
            throw FailureException.permanent(
                    "the configuration file %s can't be read as text in UTF-8. Check its permissions and its encoding"
                            .formatted(file));
        }
    }

    @Override
    public String toString() {
        return "configuration with " + dataSources.byName().keySet();
    }
}
