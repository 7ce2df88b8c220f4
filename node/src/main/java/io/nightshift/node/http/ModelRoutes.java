package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.ModelPage;
import io.nightshift.api.ModelPage.Feature;
import io.nightshift.api.ModelPage.Model;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RollbackRequest;
import io.nightshift.coordinator.registry.ModelListing;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.RegisteredModel;
import io.nightshift.node.gateway.ModelOperations;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/// The models of the node's registry.
final class ModelRoutes {

    private static final String MODEL = "/v1/models/{model}";

    private final ModelRegistry registry;
    private final ModelOperations changes;
    private final Executor blocking;

    ModelRoutes(ModelRegistry registry, ModelOperations changes, Executor blocking) {
        this.registry = registry;
        this.changes = changes;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.get("/v1/models", Role.READ, Set.of(), this::list),
                Endpoint.get(MODEL, Role.READ, Set.of(), this::show),
                Endpoint.get(
                        MODEL + "/history",
                        Role.READ,
                        Set.of(),
                        call -> changes.history(call.segment("model")).thenApply(history -> Answer.json(200, history))),
                Endpoint.post(
                        MODEL + "/promote",
                        Role.MODELS,
                        Set.of(),
                        ChangeRoutes.JSON,
                        call -> changes.promote(call.caller(), call.segment("model"), promotion(call))
                                .thenApply(change -> Answer.json(200, change))),
                Endpoint.post(
                        MODEL + "/rollback",
                        Role.MODELS,
                        Set.of(),
                        ChangeRoutes.JSON,
                        call -> changes.rollBack(
                                        call.caller(), call.segment("model"), body(call, RollbackRequest.class))
                                .thenApply(result -> Answer.json(200, result))));
    }

    private static PromoteRequest promotion(Call call) {
        PromoteRequest request = body(call, PromoteRequest.class);
        if (Objects.requireNonNullElse(request.version(), "").isEmpty()) {
            throw ProblemException.badRequest("The body names no version.");
        }
        return request;
    }

    private static <T> T body(Call call, Class<T> type) {
        try {
            return ApiJson.read(new String(call.body(), StandardCharsets.UTF_8), type);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest("The body is invalid: %s".formatted(e.getMessage()));
        }
    }

    private CompletionStage<Answer> list(Call call) {
        return CompletableFuture.supplyAsync(
                () -> Answer.json(
                        200,
                        new ModelPage(registry.list().stream()
                                .map(ModelRoutes::listed)
                                .toList())),
                blocking);
    }

    private CompletionStage<Answer> show(Call call) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return Answer.json(200, listed(registry.listing(call.segment("model"))));
                    } catch (FailureException e) {
                        throw ProblemException.notFound("model", e.failure().message());
                    }
                },
                blocking);
    }

    private static Model listed(ModelListing model) {
        return new Model(
                model.name(),
                model.versions().stream().map(ModelRoutes::version).toList(),
                model.aliases());
    }

    private static ModelPage.Version version(RegisteredModel model) {
        return new ModelPage.Version(
                model.version().version(),
                model.version().sha256(),
                model.size(),
                model.registeredAt(),
                model.provenance().file(),
                model.description().format(),
                model.description().algorithm(),
                model.description().task().name().toLowerCase(Locale.ROOT),
                model.description().features().stream()
                        .map(ModelRoutes::feature)
                        .toList(),
                model.description().classes(),
                model.description().facts());
    }

    private static Feature feature(ModelFeature feature) {
        String name = feature.name() == null ? "" : feature.name();
        return switch (feature.type()) {
            case FeatureType.Numeric(FeatureType.Precision precision) ->
                new Feature(name, precision.name().toLowerCase(Locale.ROOT), List.of(), feature.missing());
            case FeatureType.Nominal(List<String> levels) -> new Feature(name, "nominal", levels, feature.missing());
            case FeatureType.Categorical categorical ->
                new Feature(name, "categorical", categorical.names(), feature.missing());
        };
    }
}
