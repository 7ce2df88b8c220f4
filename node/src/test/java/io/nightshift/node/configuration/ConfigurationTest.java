package io.nightshift.node.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.nightshift.coordinator.cost.Prices;
import io.nightshift.node.alert.AlertChannel;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.alert.Secret;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.node.submission.PlanLimits;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreType;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigurationTest {

    private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    @TempDir
    Path folder;

    @Test
    void dataSourcesAreReadByName() throws IOException {
        Files.writeString(folder.resolve("secret"), "from a file\n");
        Configuration configuration = load("""
            nightshift.data-sources {
              warehouse { url = "jdbc:postgresql://localhost/warehouse", user = night, password = s3cret }
              audit { url = "jdbc:postgresql:audit", password-file = secret }
              open { url = "jdbc:postgresql:open", password = ${?NIGHTSHIFT_TEST_NOT_SET} }
            }
            """);
        assertThat(configuration.dataSources().get("warehouse"))
                .isEqualTo(new DataSourceSettings(
                        "warehouse", "jdbc:postgresql://localhost/warehouse", "night", "s3cret"));
        assertThat(configuration.dataSources().get("audit").password()).isEqualTo("from a file");
        assertThat(configuration.dataSources().get("open").password()).isNull();
    }

    @Test
    void theEnvironmentCanHoldThePassword() throws IOException {
        String path = System.getenv("PATH");
        Configuration configuration =
                load("nightshift.data-sources.db { url = \"jdbc:postgresql:db\", password = ${?PATH} }");
        assertThat(configuration.dataSources().get("db").password()).isEqualTo(path);
    }

    @Test
    void theLimitsOfAdmissionAreRead() throws IOException {
        assertThat(load("").admission())
                .isEqualTo(new AdmissionSettings(
                        new SubmissionQueue.Limits(8, 1_000, 500, 1_000), new PlanLimits(100_000, 1_000_000)));
        assertThat(load("""
                nightshift.admission {
                  inspections = 1, waiting = 2, per-caller = 3, open-per-caller = 4, files = 5, partitions = 6
                }
                """).admission())
                .isEqualTo(new AdmissionSettings(new SubmissionQueue.Limits(1, 2, 3, 4), new PlanLimits(5, 6)));
        assertThatThrownBy(() -> load("nightshift.admission.partitions = 1000001"))
                .hasMessageContaining("nightshift.admission.partitions: expected a number from 1 to 1000000");
    }

    @Test
    void theChannelsOfAlertsAreReadWithoutTheirSecrets() throws IOException {
        AlertConfiguration alerts = load("""
                nightshift.alerts {
                  stalled-after-seconds = 600
                  retry-for-seconds = 7200
                  rules = [ { on = [failed, node-excluded], to = chat } ]
                  channels {
                    ops { type = webhook, url = "https://alerts.example.org/x", secret-file = secret }
                    chat { type = slack, url-env = SLACK_URL, timeout-seconds = 5 }
                    page { type = pagerduty, routing-key-file = "/etc/key" }
                    mail { type = command, command = ["/bin/mail", "ops"] }
                  }
                }
                """).alerts();

        assertThat(alerts.settings().stalledAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(alerts.settings().retryFor()).isEqualTo(Duration.ofHours(2));
        assertThat(alerts.settings().rules())
                .containsExactly(new AlertRule(List.of(AlertCause.FAILED, AlertCause.NODE_EXCLUDED), "chat"));
        assertThat(alerts.channels())
                .isEqualTo(Map.of(
                        "ops",
                        new AlertChannel.Webhook(
                                target(new Secret.Plain("https://alerts.example.org/x"), 10),
                                new Secret.InFile(folder.resolve("secret"))),
                        "chat",
                        new AlertChannel.Slack(target(new Secret.InEnvironment("SLACK_URL"), 5)),
                        "page",
                        new AlertChannel.PagerDuty(
                                target(new Secret.Plain("https://events.pagerduty.com/v2/enqueue"), 10),
                                new Secret.InFile(Path.of("/etc/key"))),
                        "mail",
                        new AlertChannel.Command(List.of("/bin/mail", "ops"), Duration.ofSeconds(10))));
        assertThat(load("").alerts()).isEqualTo(AlertConfiguration.NONE);
    }

    private static AlertChannel.Target target(Secret url, int seconds) {
        return new AlertChannel.Target(url, false, null, Duration.ofSeconds(seconds));
    }

    @Test
    void mistakesInAlertsAreReportedAtOnce() {
        assertThatThrownBy(() -> load("""
                nightshift.alerts {
                  rules = [ { on = [broken], to = opz } ]
                  channels {
                    ops { type = webhook, url = "http://hush.example.org/" }
                    both { type = webhook, url = "https://hush.example.org/", url-env = HUSH }
                    chat { type = slack, url = "https://hush.example.org/" }
                    page { type = pagerduty, secret-file = hush }
                    mail { type = command }
                    fax { type = fax }
                  }
                }
                """))
                .hasMessageContaining("nightshift.alerts.rules.on: expected a list of causes out of failed, ")
                .hasMessageContaining(
                        "nightshift.alerts.rules.to: names no channel of nightshift.alerts.channels; did you mean \"ops\"?")
                .hasMessageContaining(
                        "nightshift.alerts.channels.ops.url: sends messages unencrypted to another machine")
                .hasMessageContaining("nightshift.alerts.channels.both.url: is given together with url-file or url-env")
                .hasMessageContaining(
                        "nightshift.alerts.channels.chat.url: is not a key of a channel with the type slack; remove it")
                .hasMessageContaining("nightshift.alerts.channels.chat.url-file: missing; add it, or url-env")
                .hasMessageContaining(
                        "nightshift.alerts.channels.page.routing-key-file: missing; add it, or routing-key-env")
                .hasMessageContaining("nightshift.alerts.channels.page.secret-file: is not a key of a channel")
                .hasMessageContaining("nightshift.alerts.channels.mail.command: names no program")
                .hasMessageContaining(
                        "nightshift.alerts.channels.fax.type: expected webhook, slack, pagerduty or command")
                .hasMessageNotContaining("hush");
    }

    @Test
    void thePricesAreRead() throws IOException {
        assertThat(load("").prices()).isEqualTo(Prices.NONE);
        assertThat(load("nightshift.cost { currency = EUR, core-hour = 0.045, gib-read = \"0.01\" }")
                        .prices())
                .isEqualTo(new Prices("EUR", new BigDecimal("0.045"), new BigDecimal("0.01"), BigDecimal.ZERO));
        assertThatThrownBy(() -> load("nightshift.cost { core-hour = 0.045 }"))
                .hasMessageContaining("nightshift.cost.currency: missing; add it");
        assertThatThrownBy(() -> load("nightshift.cost { currency = EUR, core-hour = -1, gib-written = much }"))
                .hasMessageContaining("nightshift.cost.core-hour: expected an amount of money such as 0.045")
                .hasMessageContaining("nightshift.cost.gib-written: expected an amount of money such as 0.045");
        assertThatThrownBy(() -> load("nightshift.cost { currency = EUR, cpu-hour = 1 }"))
                .hasMessageContaining("nightshift.cost.cpu-hour: unknown key");
    }

    @Test
    void theTokensAreReadEvenIfHttpIsNotEnabled() throws IOException {
        assertThat(load("").http().tokens().areGiven()).isFalse();
        HttpSettings http = load("nightshift.http.tokens-file = tokens.conf").http();
        assertThat(http.isEnabled()).isFalse();
        assertThat(http.tokens()).isEqualTo(new TokenSettings(null, folder.resolve("tokens.conf")));
    }

    @Test
    void theHomesFileIsReadWhereNoneIsNamedAndNeedNotExist() throws IOException {
        assertThat(Configuration.load(null, folder).dataSources().byName()).isEmpty();
        Files.writeString(folder.resolve("nightshift.conf"), "nightshift.data-sources.db.url = \"jdbc:postgresql:db\"");
        assertThat(Configuration.load(null, folder).dataSources().byName()).containsOnlyKeys("db");
    }

    @Test
    void aNamedFileMustExist() {
        assertThatThrownBy(() -> Configuration.load(folder.resolve("nodde.conf"), folder))
                .isInstanceOf(FailureException.class)
                .hasMessage(
                        "there is no configuration file %s. Name an existing file with --config",
                        folder.resolve("nodde.conf"));
    }

    @Test
    void everyMistakeIsReportedAtOnceWithItsLineAndWithoutItsValue() {
        assertThatThrownBy(() -> load("""
            nightshift {
              data-sources {
                a { urll = "jdbc:postgresql:hush1", user = [hush2] }
                b = hush3
                c { url = "mysql://hush4" }
                d { url = "jdbc:postgresql://me:hush5@db/x" }
                e { url = "jdbc:postgresql:x?password=hush6" }
                f { url = "jdbc:postgresql:x", password = hush7, password-file = "hush8" }
                G { url = "jdbc:postgresql:x" }
              }
              data-source { x = hush9 }
            }
            """))
                .isInstanceOf(FailureException.class)
                .satisfies(problem -> assertThat(
                                String.valueOf(problem.getMessage()).lines())
                        .map(line -> line.substring(line.indexOf("node.conf")))
                        .containsExactlyInAnyOrder(
                                "node.conf:9: nightshift.data-sources.G: is not a valid name of a data source; use at most 63"
                                        + " lower-case letters, digits, - and _",
                                "node.conf:3: nightshift.data-sources.a.url: missing; add it",
                                "node.conf:3: nightshift.data-sources.a.user: expected a text, not a list",
                                "node.conf:3: nightshift.data-sources.a.urll: unknown key; did you mean \"url\"?",
                                "node.conf:4: nightshift.data-sources.b: expected a section { ... }, not a text",
                                "node.conf: nightshift.data-sources.b.url: missing; add it",
                                "node.conf:5: nightshift.data-sources.c.url: expected a URL such as"
                                        + " jdbc:postgresql://host:5432/database, jdbc:mariadb://host:3306/database or"
                                        + " redis://host:6379/0",
                                "node.conf:6: nightshift.data-sources.d.url: contains credentials; write them as user"
                                        + " and password, or password-file, instead",
                                "node.conf:7: nightshift.data-sources.e.url: contains credentials; write them as user"
                                        + " and password, or password-file, instead",
                                "node.conf:8: nightshift.data-sources.f.password-file: is given together with"
                                        + " password; remove one of them",
                                "node.conf:8: nightshift.data-sources.f.password-file: there is no such file, or it"
                                        + " can't be read; check its path and permissions",
                                "node.conf:11: nightshift.data-source: unknown key; did you mean \"data-sources\"?"))
                .satisfies(problem -> assertThat(problem.getMessage()).doesNotContain("hush"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "journal.url = \"jdbc:postgresql://db/x\"",
                "data-sources.a.url = \"jdbc:postgresql://localhost:1,db:2/x?sslmode=prefer\"",
                "data-sources.a.url = \"jdbc:postgresql://db/x?sslmode=disable&ssl=true\"",
                "data-sources.a.url = \"jdbc:postgresql://db/x?SSLMODE=require\"",
                "data-sources.a.url = \"jdbc:mariadb://db:3306/x?sslMode=disable\"",
                "data-sources.a.url = \"jdbc:mariadb://db:3306/x?useSsl=true&sslMode=disable\"",
                "data-sources.a.url = \"jdbc:mariadb://address=(host=db)(port=3306)/x\"",
                "data-sources.a.url = \"redis://cache:6379/0\"",
                "stores.a.endpoint = \"http://minio:9000\"",
                "metrics.otlp.url = \"http://collector:4318/v1/metrics\"",
                "catalogs.a { type = rest, uri = \"http://catalog\" }",
            })
    void plainConnectionsLeaveTheMachineOnlyWherePermitted(String setting) throws IOException {
        assertThatThrownBy(() -> load("nightshift." + setting)).hasMessageContainingAll("another machine", "plain-");

        String section = "nightshift." + setting.split("(\\.url|\\.endpoint)? (=|\\{)", 2)[0];
        String key = setting.contains("http://") ? "plain-http" : "plain-tcp";
        load("nightshift.%s%n%s.%s = true".formatted(setting, section, key));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "journal.url = \"jdbc:postgresql:x\"",
                "journal.url = \"jdbc:postgresql://127.0.0.1:5432,localhost/x\"",
                "data-sources.a.url = \"jdbc:postgresql://[::1]/x\"",
                "data-sources.a.url = \"jdbc:postgresql://db/x?ApplicationName=a&sslmode=require\"",
                "data-sources.a.url = \"jdbc:postgresql://db/x?sslmode=Verify-Full&ssl=false\"",
                "data-sources.a.url = \"jdbc:postgresql://db/x?ssl=true\"",
                "data-sources.a.url = \"jdbc:mariadb://db/x?sslMode=verify-full&tinyInt1isBit=true\"",
                "data-sources.a.url = \"jdbc:mariadb://db/x?sslmode=VERIFY_CA\"",
                "data-sources.a.url = \"jdbc:mariadb://db/x?useSSL=true\"",
                "data-sources.a.url = \"rediss://cache:6379/0\"",
                "stores.a.endpoint = \"https://minio:9000\"",
                "stores.a.endpoint = \"http://127.0.0.1:9000\"",
                "metrics.otlp.url = \"https://collector:4318/v1/metrics\"",
            })
    void encryptedConnectionsAndThoseOfThisMachineNeedNoPermission(String setting) throws IOException {
        load("nightshift." + setting);
    }

    @Test
    void aFileThatIsNoHoconIsRefusedWithoutQuotingIt() {
        assertThatThrownBy(() -> load("nightshift {\n  password = hush$1`\n}"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("node.conf:2: the file is not valid HOCON")
                .satisfies(problem -> assertThat(problem.getMessage()).doesNotContain("hush"));
    }

    @Test
    void aVariableThatMustBeThereIsAskedFor() {
        assertThatThrownBy(() -> load("nightshift.data-sources.a.password = ${NIGHTSHIFT_TEST_NOT_SET}"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("node.conf:1: a substitution");
    }

    @Test
    void noTextHoldsASecret() throws IOException {
        Configuration configuration =
                load("nightshift.data-sources.db { url = \"jdbc:postgresql:hush\", user = hush, password = hush }");
        assertThat(configuration + "" + configuration.dataSources()
                        + configuration.dataSources().get("db"))
                .doesNotContain("hush");
    }

    @Test
    void aMisspeltDataSourceIsSuggested() throws IOException {
        Configuration configuration = load("nightshift.data-sources.warehouse.url = \"jdbc:postgresql:db\"");
        assertThatThrownBy(() -> configuration.dataSources().get("warehose"))
                .hasMessage("there is no data source \"warehose\"; did you mean \"warehouse\"?");
        assertThatThrownBy(() -> configuration.dataSources().get("x"))
                .hasMessage("there is no data source \"x\"; there is warehouse");
    }

    @Test
    void aNodesPlaceItsJournalAndItsTuningAreRead() throws IOException {
        Configuration configuration = load("""
            nightshift {
              node { hostname = node-1, port = 7001, roles = [worker], contact-points = ["node-0:7001"], threads = 3 }
              journal { url = "jdbc:postgresql://localhost/journal", user = night }
              registry = models
              batch.lease = 60s
            }
            pekko.loglevel = DEBUG
            """);
        assertThat(configuration.node())
                .isEqualTo(new NodeSettings(
                        "node-1", 7001, "node-1", 7001, Set.of("worker"), List.of("node-0:7001"), 3, null));
        assertThat(configuration.journal())
                .isEqualTo(new DataSourceSettings("journal", "jdbc:postgresql://localhost/journal", "night", null));
        assertThat(configuration.registry()).isEqualTo(new RegistryLocation.Folder(folder.resolve("models")));
        assertThat(configuration.tuning().getDuration("nightshift.batch.lease")).isEqualTo(Duration.ofMinutes(1));
        assertThat(configuration.tuning().getString("pekko.loglevel")).isEqualTo("DEBUG");
    }

    @Test
    void theRegistryMayBeInAStore() throws IOException {
        String stores = """
                nightshift.stores {
                  lake { endpoint = "https://lake.example.org", buckets = [lake] }
                  models { endpoint = "https://models.example.org" }
                }
                """;
        assertThat(storeOfRegistry(stores + "nightshift { registry = \"s3://lake/registry\" }"))
                .isEqualTo("lake");
        assertThat(storeOfRegistry(
                        stores + "nightshift { registry = \"s3://lake/registry\", registry-store = models }"))
                .isEqualTo("models");
        assertThat(storeOfRegistry(stores + "nightshift.registry = \"s3://other/registry\""))
                .isEqualTo("environment");

        assertThatThrownBy(() -> load("nightshift.registry = \"s3:///registry\""))
                .hasMessageContaining("nightshift.registry: expected a folder, or an address such as");
        assertThatThrownBy(() -> load("nightshift { registry = \"s3://a/b\", registry-store = none }"))
                .hasMessageContaining("nightshift.registry-store: nightshift.stores has no store of this name");
        assertThatThrownBy(() -> load("nightshift { registry = folder, registry-store = lake }"))
                .hasMessageContaining("nightshift.registry-store: nightshift.registry must be an address");
    }

    @Test
    void storesMayBeInAzure() throws IOException {
        Configuration loaded = load("""
                nightshift {
                  registry = "az://models/nightshift"
                  stores.one { type = azure, account = first, account-key = a2V5, buckets = [lake] }
                  stores.two { type = azure, account = second, sas-token = "?sig=x", buckets = [lake, models] }
                }
                """);
        assertThat(loaded.objects().stores())
                .extracting(ObjectStoreSettings::type, ObjectStoreSettings::credentials)
                .containsExactly(
                        tuple(new StoreType.Azure("first"), new StoreCredentials.AccountKey("a2V5")),
                        tuple(new StoreType.Azure("second"), new StoreCredentials.SharedAccessSignature("sig=x")));
        assertThat(((RegistryLocation.Objects) loaded.registry()).store().name())
                .isEqualTo("two");
        List<ObjectStoreSettings> stores = loaded.objects().stores();
        assertThat(ObjectStores.withBucket(stores, ObjectAddress.of("abfss://lake@second.dfs.core.windows.net/a")))
                .contains(stores.getLast());
        assertThat(ObjectStores.withBucket(stores, ObjectAddress.of("s3://lake/a")))
                .isEmpty();
        assertThatThrownBy(() -> ObjectStores.withBucket(stores, ObjectAddress.of("az://lake/a")))
                .hasMessage(
                        "az://lake/a is in store one and in store two of this node. Write abfss://lake@ACCOUNT.dfs.core.windows.net/a");
    }

    @Test
    void storesMayBeAtGoogle() throws IOException {
        Files.writeString(folder.resolve("key.json"), "{}");
        Configuration loaded = load("""
                nightshift {
                  registry = "gs://models/nightshift"
                  stores.key { type = gcs, credentials-file = key.json, buckets = [lake, models] }
                  stores.other { type = s3, buckets = [lake, "*"] }
                  stores.pod { type = gcs, buckets = ["*"] }
                }
                """);
        assertThat(loaded.objects().stores())
                .extracting(ObjectStoreSettings::type, ObjectStoreSettings::credentials)
                .containsExactly(
                        tuple(new StoreType.Gcs(), new StoreCredentials.GoogleCredentials(folder.resolve("key.json"))),
                        tuple(new StoreType.S3(null, false), new StoreCredentials.StandardChain(null)),
                        tuple(new StoreType.Gcs(), new StoreCredentials.GoogleCredentials(null)));
        assertThat(((RegistryLocation.Objects) loaded.registry()).store().name())
                .isEqualTo("key");
        assertThat(ObjectStores.withBucket(loaded.objects().stores(), ObjectAddress.of("gs://another/a")))
                .contains(loaded.objects().stores().getLast());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ type = gcs, account = abc } | stores.a.account: is not a key of a store of the type gcs",
                "{ credentials-file = a } | stores.a.credentials-file: is not a key of a store of the type s3",
                "{ type = gcs, credentials-file = no-such.json } | stores.a.credentials-file: there is no such file",
                "{ type = gcs, credentials-file = a, anonymous = true } | only one of credentials-file and anonymous",
                "{ type = swift } | stores.a.type: expected s3, gcs or azure",
                "{ type = azure } | stores.a.account: expected the name of a storage account",
                "{ type = azure, account = Flights } | stores.a.account: expected the name of a storage account",
                "{ type = azure, account = abc, region = eu } | stores.a.region: is not a key of a store of the type azure",
                "{ account = abc } | stores.a.account: is not a key of a store of the type s3",
                "{ type = azure, account = abc, account-key = a, client-id = b } | only one of account-key, sas-token, client-id",
                "{ buckets = [\"fast--euc1-az1--x-s3\"] } | has a directory bucket of S3 (--x-s3)",
            })
    void aStoreThatCannotBeIsRefused(String store, String message) {
        assertThatThrownBy(() -> load("nightshift.stores.a " + store)).hasMessageContaining(message);
    }

    private String storeOfRegistry(String text) throws IOException {
        return ((RegistryLocation.Objects) load(text).registry()).store().name();
    }

    @Test
    void catalogsAreRead() throws IOException {
        Configuration configuration = load("""
                nightshift.data-sources {
                  db { url = "jdbc:postgresql://localhost/iceberg" }
                  shop { url = "jdbc:mariadb://localhost/shop" }
                }
                nightshift.catalogs {
                  laptop { type = folder, warehouse = tables }
                  team { type = jdbc, data-source = db, warehouse = "s3://lake/warehouse" }
                  shared { type = jdbc, data-source = db, warehouse = tables }
                  lake { type = rest, uri = "https://lake.example.org", token = hush }
                }
                """);

        assertThat(configuration.dataSources().catalogs())
                .containsOnlyKeys("laptop", "team", "shared", "lake")
                .containsEntry("laptop", new CatalogSettings.Folder("laptop", folder.resolve("tables")))
                .containsEntry("team", new CatalogSettings.Jdbc("team", "db", "s3://lake/warehouse"))
                .containsEntry("shared", new CatalogSettings.Jdbc("shared", "db", "file://" + folder.resolve("tables")))
                .containsEntry(
                        "lake",
                        new CatalogSettings.Rest(
                                "lake", URI.create("https://lake.example.org"), null, "hush", null, null, null));
        assertThat(configuration.dataSources().catalogs().toString()).doesNotContain("hush");
    }

    @Test
    void mistakesInCatalogsAreReported() {
        assertThatThrownBy(() -> load("""
                        nightshift.data-sources.shop { url = "jdbc:mariadb://localhost/shop" }
                        nightshift.catalogs {
                          a { type = folder, warehouse = "s3://lake/tables" }
                          b { type = folder, token = hush }
                          c { type = jdbc, data-source = shop, warehouse = tables }
                          d { type = jdbc, warehouse = tables }
                          e { type = rest, uri = "ftp://lake", data-source = shop }
                          f { type = rest, uri = "https://lake", token = hush, credential = "id:hush" }
                          g { type = hive }
                        }
                        """))
                .hasMessageContainingAll(
                        "nightshift.catalogs.a.warehouse: expected a folder; use the type jdbc",
                        "nightshift.catalogs.b.token: is not a key of a catalog of the type folder",
                        "nightshift.catalogs.b.warehouse: missing; name the folder",
                        "nightshift.catalogs.c.data-source: expected a PostgreSQL database",
                        "nightshift.catalogs.d.data-source: missing; name the database",
                        "nightshift.catalogs.e.uri: expected a URL such as https://catalog.example.org",
                        "nightshift.catalogs.e.data-source: is not a key of a catalog of the type rest",
                        "nightshift.catalogs.f.credential: is given together with token",
                        "nightshift.catalogs.g.type: expected folder, jdbc or rest")
                .hasMessageNotContaining("hush");
    }

    @Test
    void withoutAnySectionANodeIsAloneOnLoopback() throws IOException {
        Configuration configuration = load("");
        assertThat(configuration.journal()).isNull();
        assertThat(configuration.registry()).isEqualTo(new RegistryLocation.Home());
        assertThat(configuration.node().hostname()).isEqualTo("127.0.0.1");
        assertThat(configuration.node().contactPoints()).containsExactly("127.0.0.1:7355");
    }

    @Test
    void podsThatANodeWaitsForAreRead() throws IOException {
        Configuration configuration = load("""
            nightshift.node.kubernetes { namespace = night, pod-label-selector = "app=night", required-contact-points = 3 }
            """);
        assertThat(configuration.node().kubernetes())
                .isEqualTo(new KubernetesSettings("night", "app=night", 3, SERVICE_ACCOUNT));
        assertThat(configuration.node().with(Set.of(), 0, 0).kubernetes())
                .isEqualTo(configuration.node().kubernetes());
        assertThat(load("nightshift.node.kubernetes.pod-label-selector = \"app=night\"")
                        .node()
                        .kubernetes())
                .as("in the pod's own namespace")
                .isEqualTo(new KubernetesSettings(null, "app=night", 2, SERVICE_ACCOUNT));
    }

    @Test
    void mistakesAboutPodsAreReportedAtOnce() {
        assertThatThrownBy(() -> load("""
            nightshift.node.kubernetes {
              namespace = "no space"
              required-contact-points = 0
              pod-label-selector = "app=night"
              label = a
            }
            """))
                .satisfies(problem -> assertThat(
                                String.valueOf(problem.getMessage()).lines())
                        .map(line -> line.substring(line.indexOf("node.conf")))
                        .containsExactlyInAnyOrder(
                                "node.conf:2: nightshift.node.kubernetes.namespace: expected at most 63"
                                        + " lower-case letters, digits and -",
                                "node.conf:3: nightshift.node.kubernetes.required-contact-points: expected a"
                                        + " number from 1 to 1000",
                                "node.conf:5: nightshift.node.kubernetes.label: unknown key; expected one of"
                                        + " namespace, pod-label-selector, required-contact-points,"
                                        + " service-account"));
        assertThatThrownBy(() -> load("nightshift.node.kubernetes { required-contact-points = 2 }"))
                .hasMessageContaining("nightshift.node.kubernetes.pod-label-selector: missing");
    }

    @Test
    void mistakesAboutANodeAreReportedAtOnce() {
        assertThatThrownBy(() -> load("""
            nightshift {
              node { port = 70000, roles = [boss], contact-points = ["nowhere"], thread = 1 }
              batch { leese = 1s, tick = soon, retry.attempts = many }
              worker.count { a = 1 }
            }
            """))
                .satisfies(problem -> assertThat(
                                String.valueOf(problem.getMessage()).lines())
                        .map(line -> line.substring(line.indexOf("node.conf")))
                        .containsExactlyInAnyOrder(
                                "node.conf:2: nightshift.node.port: expected a number from 1 to 65535",
                                "node.conf:2: nightshift.node.roles: expected coordinator, worker or both",
                                "node.conf:2: nightshift.node.contact-points: expected host:port",
                                "node.conf:2: nightshift.node.thread: unknown key; did you mean \"threads\"?",
                                "node.conf:3: nightshift.batch.leese: unknown key; did you mean \"lease\"?",
                                "node.conf:3: nightshift.batch.tick: expected a time such as 250ms",
                                "node.conf:3: nightshift.batch.retry.attempts: expected a number such as 4",
                                "node.conf:4: nightshift.worker.count: expected a value such as 256, not a section"));
    }

    private Configuration load(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("node.conf"), text);
        return Configuration.load(file, folder);
    }
}
