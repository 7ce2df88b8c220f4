package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.ModelPage;
import io.nightshift.api.ModelPage.Feature;
import io.nightshift.api.ModelPage.Model;
import io.nightshift.api.ModelPage.Part;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.operation.ModelApi;
import io.nightshift.coordinator.registry.ModelListing;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.RegisteredModel;
import io.nightshift.node.gateway.ModelOperations;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.ModelPart;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/// The models of the node's registry.
final class ModelRoutes {

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
                Endpoint.of(ModelApi.LIST_MODELS, call -> list()),
                Endpoint.of(ModelApi.DESCRIBE_MODEL, this::show),
                Endpoint.of(ModelApi.MODEL_HISTORY, call -> changes.history(call.segment("model"))),
                Endpoint.of(
                        ModelApi.PROMOTE_MODEL,
                        call -> changes.promote(call.caller(), call.segment("model"), promotion(call))),
                Endpoint.of(
                        ModelApi.ROLL_BACK_MODEL,
                        call -> changes.rollBack(
                                call.caller(), call.segment("model"), body(call, RollbackRequest.class))));
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

    private CompletionStage<ModelPage> list() {
        return CompletableFuture.supplyAsync(
                () -> new ModelPage(
                        registry.list().stream().map(ModelRoutes::listed).toList()),
                blocking);
    }

    private CompletionStage<Model> show(Call call) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return listed(registry.listing(call.segment("model")));
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
                model.description().facts(),
                model.description().parts().stream().map(ModelRoutes::part).toList());
    }

    private static Part part(ModelPart part) {
        return new Part(part.name(), part.work(), part.features(), part.inputs(), part.outputs());
    }

    private static Feature feature(ModelFeature feature) {
        String name = feature.name() == null ? "" : feature.name();
        return switch (feature.type()) {
            case FeatureType.Numeric(FeatureType.Precision precision) ->
                new Feature(name, precision.name().toLowerCase(Locale.ROOT), List.of(), feature.missing());
            case FeatureType.Nominal nominal -> new Feature(name, "nominal", nominal.levels(), feature.missing());
            case FeatureType.Categorical categorical ->
                new Feature(name, "categorical", categorical.names(), feature.missing());
            case FeatureType.Hashed hashed -> new Feature(name, "text", List.of(), feature.missing());
            case FeatureType.Text text -> new Feature(name, "text", List.of(), feature.missing());
        };
    }
}
