package io.nightshift.coordinator.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.AliasChange;
import io.nightshift.api.AliasMove;
import io.nightshift.api.ModelHistory;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextHash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Tests that every model registry has to pass, in a folder or in an object store.
abstract class ModelRegistryContract {

    static final Instant NOON = Instant.parse("2026-01-02T12:00:00.123456Z");
    static final Provenance PROVENANCE = new Provenance("delays.ubj", "0123456789abcdef".repeat(4));
    static final ModelDescription DESCRIPTION = new ModelDescription(
            "xgboost-ubjson",
            "gbtree",
            Task.BINARY,
            List.of(
                    new ModelFeature("dep_delay", new FeatureType.Numeric(FeatureType.Precision.FLOAT32), true),
                    new ModelFeature("carrier", new FeatureType.Nominal(List.of("AA", "UA")), false)),
            List.of("on time", "late"),
            Map.of("trees", "100", "library", "XGBoost 3.0"));
    static final ModelDescription UNNAMED = new ModelDescription(
            "smile",
            "RandomForest",
            Task.REGRESSION,
            List.of(new ModelFeature(null, new FeatureType.Numeric(FeatureType.Precision.FLOAT64), false)),
            List.of(),
            Map.of());

    static final ModelDescription OTHER_TEXTS = new ModelDescription(
            "exchange",
            "LogisticRegression",
            Task.REGRESSION,
            List.of(
                    new ModelFeature("plan", new FeatureType.Nominal(List.of("basic"), true), true),
                    new ModelFeature("city", new FeatureType.Hashed(TextHash.CITY), false),
                    new ModelFeature("review", new FeatureType.Text(), false)),
            List.of(),
            Map.of());

    @SuppressWarnings("NullAway.Init") // before each test
    ModelRegistry registry;

    /// Opens the registry of the test, as another process would.
    abstract ModelRegistry open();

    /// Replaces the content of a registered model.
    abstract void tamper(ModelVersion version, String content) throws Exception;

    @BeforeEach
    void openRegistry() {
        registry = open();
    }

    @Test
    void versionsCountUpPerName() {
        assertThat(register("delays", "a")).hasToString("delays@1");
        assertThat(register("delays", "b")).hasToString("delays@2");
        assertThat(register("churn", "a")).hasToString("churn@1");
    }

    private static PendingMove pendingMove(int from, int to) {
        return new PendingMove(
                "a batch",
                "champion",
                from,
                to,
                "mlflow:/Delays/" + to,
                new TreeMap<>(Map.of("nightshift.batch", "a batch")));
    }

    @Test
    void aMoveThatAServerIsToRepeatIsStoredWithTheMove() {
        register("delays", "a");
        register("delays", "b");
        register("delays", "c");
        registry.alias("delays", "champion", 1, "mara");

        registry.promote("delays", pendingMove(1, 2), "a batch", "");
        registry.promote("delays", pendingMove(2, 3), "another batch", "");

        ModelRegistry other = open();
        assertThat(other.history("delays").aliases()).containsEntry("champion", 3);
        assertThat(other.pendingMoves("delays")).containsExactly(pendingMove(1, 2), pendingMove(2, 3));
        PendingMove begun = pendingMove(1, 2).attemptedAt(NOON.toEpochMilli());
        assertThat(other.updatePending("delays", pendingMove(1, 2), begun)).isTrue();
        assertThat(other.updatePending("delays", pendingMove(1, 2), null)).isFalse();
        assertThat(registry.pendingMoves("delays")).containsExactly(begun, pendingMove(2, 3));
        assertThat(registry.updatePending("delays", begun, null)).isTrue();
        assertThat(other.pendingMoves("delays")).containsExactly(pendingMove(2, 3));

        other.alias("delays", "candidate", 1, "mara");
        assertThat(registry.pendingMoves("delays"))
                .as("after the move of another alias")
                .hasSize(1);
        other.rollBack("delays", "champion", 3, null, "mara", "");
        assertThat(registry.pendingMoves("delays")).as("after a move by hand").isEmpty();
    }

    @Test
    void aMoveThatIsRefusedLeavesNothingForAServer() {
        register("delays", "a");
        register("delays", "b");
        registry.alias("delays", "champion", 2, "mara");

        assertThatThrownBy(() -> registry.promote("delays", pendingMove(3, 1), "a batch", ""))
                .isInstanceOf(FailureException.class);
        registry.promote("delays", pendingMove(1, 2), "a batch", "");

        assertThat(registry.pendingMoves("delays")).isEmpty();
    }

    @Test
    void theVersionOfAModelIsKnownBeforeItIsRegistered() {
        byte[] file = "a".getBytes(StandardCharsets.UTF_8);
        assertThat(registry.versionOf("delays", file)).hasToString("delays@1");

        ModelVersion first = register("delays", "a");
        assertThat(registry.versionOf("delays", file)).isEqualTo(first);
        assertThat(registry.versionOf("delays", "b".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(register("delays", "b"));
    }

    @Test
    void theSameContentIsTheSameVersion() {
        ModelVersion first = register("delays", "a");
        register("delays", "b");

        assertThat(registry.register("delays", bytes("a"), DESCRIPTION, () -> PROVENANCE))
                .isEqualTo(new RegistrationResult(first, false));
        assertThat(registry.list())
                .singleElement()
                .satisfies(listing -> assertThat(listing.versions()).hasSize(2));
    }

    @Test
    void aVersionIsDescribedAsItWasRegistered() {
        ModelVersion version = register("delays", "a");
        ModelVersion unnamed =
                registry.register("taxi", bytes("b"), UNNAMED, () -> PROVENANCE).version();
        ModelVersion otherTexts = registry.register("churn", bytes("c"), OTHER_TEXTS, () -> PROVENANCE)
                .version();

        assertThat(registry.describe(version))
                .isEqualTo(new RegisteredModel(
                        version, DESCRIPTION, PROVENANCE, Instant.parse("2026-01-02T12:00:00.123Z"), 1));
        assertThat(registry.describe(unnamed).description()).isEqualTo(UNNAMED);
        assertThat(registry.describe(otherTexts).description()).isEqualTo(OTHER_TEXTS);
        assertThat(open().describe(version)).isEqualTo(registry.describe(version));
    }

    @Test
    void aVersionWithAnotherDigestIsAnotherModel() {
        register("delays", "a");
        ModelVersion elsewhere = new ModelVersion("delays", 1, "0".repeat(64));

        assertRefused(() -> registry.describe(elsewhere)).hasMessageContaining("it is another model");
        assertRefused(() -> registry.path(elsewhere)).hasMessageContaining("delays@1");
    }

    @Test
    void aBareNameMeansTheNewestVersionUnlessTheChampionIsChosen() {
        ModelVersion first = register("delays", "a");
        ModelVersion second = register("delays", "b");
        assertThat(resolve("delays")).isEqualTo(second);

        registry.alias("delays", "champion", 1, "mara");
        assertThat(resolve("delays")).isEqualTo(first);
        assertThat(resolve("delays@champion")).isEqualTo(first);

        registry.alias("delays", "champion", 2, "mara");
        assertThat(resolve("delays")).isEqualTo(second);
        assertThat(resolve("delays@1")).isEqualTo(first);
    }

    @Test
    void tenVersionsAreCountedAsNumbers() {
        for (int i = 1; i <= 11; i++) {
            register("delays", "content " + i);
        }
        assertThat(resolve("delays")).hasToString("delays@11");
    }

    @Test
    void aWrongReferenceIsAnsweredWithWhatThereIs() {
        assertThatThrownBy(() -> resolve("delays"))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        away -> assertThat(away.failure().resource())
                                .extracting(FailedResource::type)
                                .isEqualTo(FailedResource.Type.PLACE))
                .hasMessageStartingWith("no model is named \"delays\"; none is registered yet in ");

        register("delays", "a");
        register("delays", "b");
        register("churn", "a");
        assertRefused(() -> resolve("delasy"))
                .hasMessage("no model is named \"delasy\"; did you mean \"delays\"? Registered: churn, delays");
        assertRefused(() -> resolve("delays@7"))
                .hasMessage("the model \"delays\" has no version 7; its versions are 1, 2");
        assertRefused(() -> resolve("delays@candidate"))
                .hasMessage("the model \"delays\" has no alias \"candidate\"; it has none");

        registry.alias("delays", "champion", 1, "mara");
        assertRefused(() -> resolve("delays@candidate"))
                .hasMessage("the model \"delays\" has no alias \"candidate\"; its aliases are champion (1)");
        assertRefused(() -> registry.alias("delays", "champion", 3, "mara"))
                .hasMessage("the model \"delays\" has no version 3; its versions are 1, 2, its aliases champion (1)");
    }

    @Test
    void namesThatWouldBePathsAreRefused() {
        assertRefused(() -> register("delays.json", "a")).hasMessageContaining("would take that for a path");
        assertRefused(() -> register("../delays", "a")).hasMessageContaining("is not a model name");
        assertRefused(() -> registry.alias("..", "champion", 1, "mara")).hasMessageContaining("no model is named");
        assertRefused(() -> registry.alias("delays", "3", 1, "mara")).hasMessageContaining("is not an alias");
    }

    @Test
    void theListIsSortedAndHasTheAliases() {
        register("delays", "a");
        register("churn", "a");
        registry.alias("delays", "candidate", 1, "mara");

        assertThat(registry.list()).extracting(ModelListing::name).containsExactly("churn", "delays");
        assertThat(registry.list().getLast().aliases()).isEqualTo(Map.of("candidate", 1));
    }

    @Test
    void threadsRegisteringAtOnceGetVersionsOfTheirOwn() throws Exception {
        Set<Integer> versions = new HashSet<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ModelVersion>> registrations = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String content = "content " + i;
                registrations.add(
                        threads.submit(() -> open().register("delays", bytes(content), DESCRIPTION, () -> PROVENANCE)
                                .version()));
            }
            for (Future<ModelVersion> registration : registrations) {
                versions.add(registration.get().version());
            }
        }
        assertThat(versions).hasSize(20).contains(1, 20);
    }

    @Test
    void aPrivateModelIsNotListedAndHasNoOtherName() {
        ModelVersion registered = register("churn", "a");

        ModelVersion stored = registry.storePrivately("churn", bytes("b"), DESCRIPTION, () -> PROVENANCE);

        assertThat(stored.name()).isEqualTo("churn.sha256-" + stored.sha256().substring(0, 32));
        assertThat(registry.storePrivately("churn", bytes("b"), DESCRIPTION, () -> PROVENANCE))
                .isEqualTo(stored);
        assertThat(registry.path(stored)).hasContent("b");
        assertThat(resolve("churn")).isEqualTo(registered);
        assertThat(registry.list())
                .singleElement()
                .satisfies(model -> assertThat(model.name()).isEqualTo("churn"));
        assertRefused(() -> register(stored.name(), "c")).hasMessageContaining("choose another name");
        assertRefused(() -> registry.alias(stored.name(), "champion", 1, "mara"))
                .hasMessageContaining("choose another name");
    }

    @Test
    void aDigestFindsTheVersionWithThisContentOnly() {
        ModelVersion first = register("churn", "a");
        ModelVersion other = register("other", "b");
        register("churn", "c");

        assertThat(resolve("churn@sha256:" + first.sha256())).isEqualTo(first);
        assertRefused(() -> resolve("churn@sha256:" + other.sha256()))
                .hasMessageContaining("the model \"churn\" has no version with the SHA-256 " + other.sha256());
    }

    @Test
    void theRegisteredModelIsTheOneHandedOut() {
        ModelVersion version = register("delays", "the model");

        assertThat(registry.path(version)).hasContent("the model");
        assertThat(open().path(version)).hasContent("the model");
    }

    @Test
    void aTamperedModelIsRefused() throws Exception {
        ModelVersion version = register("delays", "a");
        tamper(version, "b");

        assertRefused(() -> registry.path(version))
                .hasMessageContaining("the model delays@1 was changed after it was registered")
                .hasMessageContaining(version.sha256());
    }

    @Test
    void aliasesThatAreSetAtOnceAreAllKept() throws Exception {
        register("delays", "a");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> changes = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                String alias = "alias-" + i;
                changes.add(threads.submit(() -> open().alias("delays", alias, 1, "mara")));
            }
            for (Future<?> change : changes) {
                change.get();
            }
        }
        assertThat(registry.listing("delays").aliases()).hasSize(10);
    }

    @Test
    void aPromotionMovesTheAliasFromTheExpectedVersionOnly() {
        for (String content : List.of("a", "b", "c")) {
            register("delays", content);
        }
        assertThat(registry.promote("delays", "champion", 1, 0, "mara", "first"))
                .isEqualTo(new AliasChange("delays", "champion", null, 1, true));
        assertThat(registry.promote("delays", "champion", 2, 1, "mara", ""))
                .isEqualTo(new AliasChange("delays", "champion", 1, 2, true));

        assertRefused(() -> registry.promote("delays", "champion", 3, 1, "joe", ""))
                .hasMessage("delays@champion is version 2, not version 1: mara moved it at 2026-01-02T12:00:00.123Z");
        assertRefused(() -> registry.promote("delays", "champion", 3, 0, "joe", ""))
                .hasMessageStartingWith("delays@champion is version 2, but was expected not to be set");
        assertRefused(() -> registry.promote("delays", "candidate", 3, 2, "joe", ""))
                .hasMessage("delays@candidate is not set, not version 2");
        assertRefused(() -> registry.promote("delays", "champion", 4, 2, "joe", ""))
                .hasMessageContaining("has no version 4");
        assertThat(resolve("delays")).hasToString("delays@2");

        assertThat(registry.promote("delays", "champion", 2, 1, "mara", "again").moved())
                .as("a repeated request")
                .isFalse();
        assertThat(open().history("delays"))
                .isEqualTo(new ModelHistory(
                        "delays",
                        Map.of("champion", 2),
                        List.of(
                                move("champion", 1, 2, AliasMove.PROMOTE, ""),
                                move("champion", null, 1, AliasMove.PROMOTE, "first"))));
    }

    private static AliasMove move(String alias, @Nullable Integer from, int to, String action, String reason) {
        return new AliasMove(alias, from, to, action, NOON.truncatedTo(ChronoUnit.MILLIS), "mara", reason);
    }

    @Test
    void rollbacksGoFurtherBackAndNeverReturnToAWithdrawnVersion() {
        for (String content : List.of("a", "b", "c")) {
            register("delays", content);
        }
        registry.alias("delays", "champion", 1, "mara");
        registry.promote("delays", "champion", 2, null, "mara", "");
        registry.promote("delays", "champion", 3, null, "mara", "");

        assertThat(registry.rollBack("delays", "champion", 3, null, "mara", "it drifts"))
                .isEqualTo(new AliasChange("delays", "champion", 3, 2, true));
        assertThat(registry.rollBack("delays", "champion", 3, null, "mara", "it drifts"))
                .as("a repeated request")
                .isEqualTo(new AliasChange("delays", "champion", 2, 2, false));
        assertThat(registry.rollBack("delays", "champion", 2, null, "mara", ""))
                .isEqualTo(new AliasChange("delays", "champion", 2, 1, true));
        assertRefused(() -> registry.rollBack("delays", "champion", 1, null, "mara", ""))
                .hasMessageStartingWith("the history has no version before delays@1");
        assertRefused(() -> registry.rollBack("delays", "champion", 3, null, "mara", ""))
                .hasMessageStartingWith("delays@champion is version 1, not version 3");
        assertRefused(() -> registry.rollBack("delays", "champion", 1, 1, "mara", ""))
                .hasMessageContaining("to itself");
        assertRefused(() -> registry.rollBack("delays", "candidate", 1, null, "mara", ""))
                .hasMessage("delays@candidate is not set, not version 1");
        assertThat(registry.rollBack("delays", "champion", 1, 3, "mara", "").to())
                .as("a version that was named")
                .isEqualTo(3);
        assertThat(registry.history("delays").moves())
                .extracting(AliasMove::action)
                .containsExactly("rollback", "rollback", "rollback", "promote", "promote", "set");
    }

    @Test
    void ofPromotionsAtOnceThatExpectTheSameVersionOneWins() throws Exception {
        for (int i = 1; i <= 9; i++) {
            register("delays", "content " + i);
        }
        registry.alias("delays", "champion", 1, "mara");
        int won = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<AliasChange>> promotions = new ArrayList<>();
            for (int i = 2; i <= 9; i++) {
                int version = i;
                promotions.add(threads.submit(
                        () -> open().promote("delays", "champion", version, 1, "caller " + version, "")));
            }
            for (Future<AliasChange> promotion : promotions) {
                try {
                    promotion.get();
                    won++;
                } catch (ExecutionException e) {
                    assertThat(e).hasMessageContaining("not version 1: caller ");
                }
            }
        }
        assertThat(won).isEqualTo(1);
        assertThat(registry.history("delays").moves()).hasSize(2);
    }

    final ModelVersion register(String name, String content) {
        return registry.register(name, bytes(content), DESCRIPTION, () -> PROVENANCE)
                .version();
    }

    final ModelVersion resolve(String reference) {
        return registry.resolve(ModelReference.parse(reference));
    }

    static byte[] bytes(String content) {
        return content.getBytes(StandardCharsets.UTF_8);
    }

    static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FailureException.class,
                        refused -> assertThat(refused.failure().isPermanent()).isTrue());
    }
}
