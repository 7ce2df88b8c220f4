package io.nightshift.coordinator.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.api.AliasMove;
import io.nightshift.api.ModelHistory;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The registry in the home folder.
class ModelRegistryTest extends ModelRegistryContract {

    @TempDir
    Path home = Path.of("");

    @Override
    ModelRegistry open() {
        return new ModelRegistry(home, () -> NOON);
    }

    @Override
    void tamper(ModelVersion version, String content) throws IOException {
        Files.writeString(home.resolve("models/delays/" + version.version() + "/model.nsm"), content);
    }

    @Test
    void theRegisteredFileIsTheOneHandedOut() throws IOException {
        ModelVersion version = register("delays", "the model");

        assertThat(registry.path(version))
                .isEqualTo(home.resolve("models/delays/1/model.nsm"))
                .hasContent("the model");
    }

    @Test
    void aRegistryThatIsNotMountedMayComeBack() throws IOException {
        ModelVersion version = register("delays", "a");
        register("delays", "b");
        Path away = Files.move(home.resolve("models"), home.resolve("unmounted"));

        assertAway(() -> registry.promote("delays", "champion", 2, 1, "a batch", ""));
        assertAway(() -> registry.history("delays"));
        assertAway(() -> registry.path(version));
        Files.createDirectory(home.resolve("models"));
        assertAway(() -> registry.resolve(ModelReference.parse("delays@champion")));

        Files.delete(home.resolve("models"));
        Files.move(away, home.resolve("models"));
        assertThat(registry.promote("delays", "champion", 2, null, "a batch", "")
                        .to())
                .isEqualTo(2);
    }

    private static void assertAway(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FailureException.class,
                        away -> assertThat(away.failure().isPermanent()).isFalse());
    }

    @Test
    void anEmptyHomeHasNoModels() {
        assertThat(registry.list()).isEmpty();
        assertThat(home).isEmptyDirectory();
    }

    /// The files live for years; a release must read what an earlier one wrote.
    @Test
    void theFormOfTheDescriptionFileIsKept() throws IOException {
        register("delays", "a");
        registry.alias("delays", "champion", 1, "mara");
        registry.alias("delays", "candidate", 1, "mara");

        assertThat(Files.readString(home.resolve("models/delays/1/model.json"))).isEqualTo(golden("model.json"));
        assertThat(Files.readString(home.resolve("models/delays/aliases.json"))).isEqualTo(golden("aliases.json"));
    }

    /// Before the aliases had a history, their file was a map.
    @Test
    void aliasesWithoutAHistoryAreRead() throws IOException {
        register("delays", "a");
        register("delays", "b");
        Files.writeString(home.resolve("models/delays/aliases.json"), "{ \"champion\" : 1, \"history\" : 2 }");

        assertThat(registry.history("delays"))
                .isEqualTo(new ModelHistory("delays", Map.of("champion", 1, "history", 2), List.of()));
        assertThat(registry.promote("delays", "champion", 2, 1, "mara", "").moved())
                .isTrue();
        assertThat(registry.rollBack("delays", "champion", 2, null, "mara", "").to())
                .isEqualTo(1);
        assertThat(registry.listing("delays").aliases()).isEqualTo(Map.of("champion", 1, "history", 2));
    }

    @Test
    void damagedAliasesAreRefusedByTheirPath() throws IOException {
        register("delays", "a");
        Path file = home.resolve("models/delays/aliases.json");
        for (String damage : List.of("", "{", "[]", "{\"champion\": {}}", "{\"aliases\": {}}")) {
            Files.writeString(file, damage);
            assertRefused(() -> registry.history("delays")).as(damage).hasMessageContaining(file.toString());
        }
    }

    @Test
    void theHistoryKeepsTheLastThousandMoves() {
        register("delays", "a");
        register("delays", "b");
        ModelAliases aliases = ModelAliases.NONE;
        for (int i = 0; i < 2_500; i++) {
            aliases = aliases.with(
                    new AliasMove("champion", null, 1 + i % 2, AliasMove.SET, NOON, "mara", String.valueOf(i)));
        }
        assertThat(aliases.moves()).hasSize(ModelAliases.MOST);
        assertThat(aliases.moves().getLast().reason()).isEqualTo("2499");
        assertThat(aliases.version("champion")).isEqualTo(2);
    }

    @Test
    void fieldsOfALaterReleaseAreIgnored() throws IOException {
        ModelVersion version = register("delays", "a");
        Path file = home.resolve("models/delays/1/model.json");
        Files.writeString(file, golden("model.json").replaceFirst("\\{", "{ \"mood\": [1],"));
        assertThat(registry.describe(version).description()).isEqualTo(DESCRIPTION);

        Files.writeString(file, golden("model.json").replace("\"schema\" : 1", "\"schema\" : 2"));
        assertRefused(() -> registry.describe(version))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("a later release of Nightshift wrote it");
    }

    @Test
    void aDamagedDescriptionIsRefusedByItsPath() throws IOException {
        ModelVersion version = register("delays", "a");
        Path file = home.resolve("models/delays/1/model.json");
        for (String damage : List.of("", "{", "{}", "null", golden("model.json").replace("BINARY", "TERNARY"))) {
            Files.writeString(file, damage);
            assertRefused(() -> registry.describe(version)).as(damage).hasMessageContaining(file.toString());
        }
    }

    @Test
    void leftoversOfACrashAreDeletedAtTheNextRegistration() throws IOException {
        Path leftover = Files.createDirectories(home.resolve("models/.new-crashed"));
        Files.writeString(leftover.resolve("model.nsm"), "half");
        Files.writeString(home.resolve("models/.new-aliases"), "half");
        assertThat(registry.list()).isEmpty();

        register("delays", "a");

        assertThat(home.resolve("models")).isDirectoryNotContaining("glob:**.new-*");
        assertThat(registry.list()).hasSize(1);
    }

    @Test
    void aHomeThatIsAFileIsRefused() throws IOException {
        Path file = Files.writeString(home.resolve("file"), "");
        ModelRegistry misplaced = new ModelRegistry(file);

        assertRefused(() -> misplaced.register("delays", bytes("a"), DESCRIPTION, () -> PROVENANCE))
                .hasMessageContaining(file.toString());
    }

    @Test
    void missingRightsAreSaidWithThePath() throws IOException {
        assumeThat(System.getProperty("user.name")).isNotEqualTo("root");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("r-x------"));

        assertRefused(() -> register("delays", "a"))
                .hasMessageContaining(home.resolve("models").toString())
                .hasMessageContaining("has no permission");
    }

    static String golden(String file) throws IOException {
        try (var golden = Objects.requireNonNull(ModelRegistryTest.class.getResourceAsStream(file))) {
            return new String(golden.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
