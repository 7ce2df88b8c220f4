package io.nightshift.api.operation;

import io.nightshift.api.AliasChange;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.ModelPage;
import io.nightshift.api.RollbackResult;
import java.util.List;

/// Operations on registered models.
public final class ModelApi {

    private static final Parameter MODEL = Parameter.path("model", "A model's name.");

    /// The registered models.
    public static final Operation<ModelPage> LIST_MODELS = Operation.get(
                    "listModels", "/v1/models", Role.READ, "The registered models")
            .answers(ModelPage.class);

    /// A registered model.
    public static final Operation<ModelPage.Model> DESCRIBE_MODEL = Operation.get(
                    "describeModel", "/v1/models/{model}", Role.READ, "A registered model")
            .with(MODEL)
            .answers(ModelPage.Model.class);

    /// The aliases of a model, and how they were moved.
    public static final Operation<ModelHistory> MODEL_HISTORY = Operation.get(
                    "modelHistory",
                    "/v1/models/{model}/history",
                    Role.READ,
                    "The aliases of a model, and how they were moved")
            .with(MODEL)
            .answers(ModelHistory.class);

    /// Moves an alias to another version.
    public static final Operation<AliasChange> PROMOTE_MODEL = Operation.post(
                    "promoteModel", "/v1/models/{model}/promote", Role.MODELS, "Moves an alias to another version")
            .describedAs("Batches that are open keep their version. A repeated request changes nothing.")
            .with(MODEL)
            .with(Body.required("PromoteRequest"))
            .mayBe(Refusal.REFUSED)
            .answers(AliasChange.class);

    /// Moves an alias back to the version before, and names the batches that used the withdrawn one.
    public static final Operation<RollbackResult> ROLL_BACK_MODEL = Operation.post(
                    "rollBackModel",
                    "/v1/models/{model}/rollback",
                    Role.MODELS,
                    "Moves an alias back to the version before, and names the batches that used the withdrawn one")
            .describedAs("A repeated request changes nothing.")
            .with(MODEL)
            .with(Body.required("RollbackRequest"))
            .mayBe(Refusal.REFUSED)
            .answers(RollbackResult.class);

    static final List<Operation<?>> ALL =
            List.of(LIST_MODELS, DESCRIBE_MODEL, MODEL_HISTORY, PROMOTE_MODEL, ROLL_BACK_MODEL);

    private ModelApi() {}
}
