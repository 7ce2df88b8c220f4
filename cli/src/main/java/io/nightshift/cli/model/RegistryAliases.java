package io.nightshift.cli.model;

import io.nightshift.api.AliasChange;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.cli.HomeFolder;
import io.nightshift.client.ModelAliases;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.gateway.ModelOperations;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.database.DataSourceSettings;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Moves aliases in a registry itself, where no server does.
///
/// Each stage that a method returns is complete. Throws [FailureException] where a stage of another client would
/// fail.
final class RegistryAliases implements ModelAliases {

    private final ModelRegistry registry;
    private final Configuration given;
    private final HomeFolder home;

    /// @param home whose ledger names the batches that used a version, unless a cluster is configured
    RegistryAliases(ModelRegistry registry, Configuration given, HomeFolder home) {
        this.registry = registry;
        this.given = given;
        this.home = home;
    }

    private static String user() {
        return System.getProperty("user.name");
    }

    @Override
    public CompletionStage<AliasChange> promoteModel(String model, PromoteRequest request) {
        ModelVersion version = registry.resolve(ModelReference.parse(model + "@" + request.version()));
        return CompletableFuture.completedFuture(registry.promote(
                version.name(),
                alias(request.alias()),
                version.version(),
                request.expected(),
                user(),
                Objects.requireNonNullElse(request.reason(), "")));
    }

    @Override
    public CompletionStage<RollbackResult> rollBackModel(String model, RollbackRequest request) {
        AliasChange change = registry.rollBack(
                model,
                alias(request.alias()),
                request.withdrawn(),
                request.to(),
                user(),
                Objects.requireNonNullElse(request.reason(), ""));
        return CompletableFuture.completedFuture(withBatches(change, request.withdrawn()));
    }

    private static String alias(@Nullable String alias) {
        return Objects.requireNonNullElse(alias, ModelRegistry.CHAMPION);
    }

    private RollbackResult withBatches(AliasChange change, int withdrawn) {
        DataSourceSettings journal = given.journal();
        if (journal != null) {
            return ModelOperations.result(registry, () -> PostgresLedger.at(journal), change, withdrawn);
        }
        if (!EmbeddedLedger.exists(home.folder())) {
            return new RollbackResult(change, List.of(), false, null);
        }
        try (EmbeddedLedger ledger = home.openLedger()) {
            return ModelOperations.result(registry, ledger::ledger, change, withdrawn);
        } catch (FailureException e) {
            return new RollbackResult(change, List.of(), false, e.getMessage());
        }
    }

    @Override
    public CompletionStage<ModelHistory> modelHistory(String model) {
        return CompletableFuture.completedFuture(registry.history(model));
    }

    @Override
    public void close() {
        // The registry holds nothing open.
    }
}
