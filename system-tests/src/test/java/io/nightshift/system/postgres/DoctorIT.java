package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command `doctor` with the configuration of a node.
final class DoctorIT {

    private static PostgresServer server;

    @TempDir
    private Path folder;

    private String database;

    @BeforeAll
    static void startServer() throws IOException {
        server = PostgresServer.startDurable();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    void aDatabase() throws Exception {
        database = server.create();
    }

    /// Runs `doctor`. Returns the result of each check, as `outcome: detail`.
    private Map<String, String> doctor(int status, String url, String user) throws IOException {
        Path configuration =
                Files.writeString(folder.resolve("node.conf"), """
                nightshift {
                  node.port = %d
                  registry = models
                  journal { url = "%s", user = %s }
                  data-sources.warehouse { url = "%s", user = %s }
                }
                """.formatted(FreePort.any(), url, user, url, user));
        JsonNode json = CommandResult.of(
                        Main.commandLine(),
                        "doctor",
                        "--config",
                        configuration.toString(),
                        "--home",
                        folder.resolve("home").toString(),
                        "-o",
                        "json")
                .expect(status)
                .json();
        assertThat(json.get("fine").asBoolean()).isEqualTo(status == 0);
        return StreamSupport.stream(json.get("checks").spliterator(), false)
                .collect(Collectors.toMap(
                        check -> check.get("what").asText(),
                        check -> check.get("outcome").asText() + ": "
                                + check.get("detail").asText()));
    }

    @Test
    void whatANodeNeedsIsFine() throws Exception {
        assertThat(doctor(0, server.url(database), PostgresServer.OWNER))
                .hasEntrySatisfying("journal", found -> assertThat(found).startsWith("fine: PostgreSQL "))
                .containsEntry(
                        "journal durability", "fine: synchronous_commit is on, fsync is on, full_page_writes is on")
                .hasEntrySatisfying(
                        "journal permissions", found -> assertThat(found).startsWith("fine"))
                .containsEntry("clock", "fine: agrees with the database's clock")
                .hasEntrySatisfying("node port", found -> assertThat(found).endsWith("is free"))
                .hasEntrySatisfying("model registry", found -> assertThat(found).doesNotStartWith("problem"))
                .hasEntrySatisfying(
                        "data source warehouse permissions",
                        found -> assertThat(found).isEqualTo("fine: the user can create tables in the schema public"));
    }

    @Test
    void commitsThatACrashCanLoseAreAProblem() throws Exception {
        server.execute(database, "ALTER DATABASE %s SET synchronous_commit = off".formatted(database));

        assertThat(doctor(1, server.url(database), PostgresServer.OWNER))
                .hasEntrySatisfying(
                        "journal durability",
                        found -> assertThat(found).startsWith("problem: synchronous_commit is off"));
    }

    @Test
    void missingPermissionsAreNamed() throws Exception {
        String user = "reader_" + database;
        server.execute(database, "CREATE ROLE %s LOGIN".formatted(user));

        assertThat(doctor(1, server.url(database), user))
                .containsEntry("journal permissions", "problem: missing: CREATE on the database");

        PostgresLedger.migrate(
                PostgresLedger.at(new DataSourceSettings("journal", server.url(database), PostgresServer.OWNER, null)));
        assertThat(doctor(1, server.url(database), user))
                .containsEntry(
                        "journal permissions",
                        "problem: missing: USAGE on the schema nightshift, CREATE on the schema nightshift");

        server.execute(database, "GRANT USAGE, CREATE ON SCHEMA nightshift TO " + user);
        assertThat(doctor(1, server.url(database), user))
                .containsEntry(
                        "journal permissions",
                        "problem: missing: SELECT on nightshift.event_journal, INSERT on nightshift.event_journal");
    }

    @Test
    void aDatabaseThatCannotBeReachedIsAProblem() throws Exception {
        String away = PostgresServer.url(database, FreePort.any());

        assertThat(doctor(1, away, PostgresServer.OWNER))
                .hasEntrySatisfying("journal", found -> assertThat(found).startsWith("problem: "))
                .hasEntrySatisfying(
                        "data source warehouse", found -> assertThat(found).startsWith("problem: "));
    }

    @Test
    void aReadOnlyDatabaseIsAProblem() throws Exception {
        server.execute(database, "ALTER DATABASE %s SET default_transaction_read_only = on".formatted(database));

        assertThat(doctor(1, server.url(database), PostgresServer.OWNER))
                .hasEntrySatisfying("journal", found -> assertThat(found).contains("accepts no writes"));
    }
}
