package io.nightshift.client;

import io.nightshift.api.AliasChange;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import java.util.concurrent.CompletionStage;

/// Moves the aliases of models, and reads how they were moved. [NightshiftClient] asks a server; the command line
/// also uses a model registry without one.
///
/// Every stage may fail with a [NightshiftException].
public interface ModelAliases extends AutoCloseable {

    /// Moves an alias of a model to another version. When the stage completes, the change is durable.
    ///
    /// The stage fails with the kind `REFUSED` if the alias points to another version than the expected one.
    ///
    /// @param model the model's name
    /// @param request the version and the alias
    CompletionStage<AliasChange> promoteModel(String model, PromoteRequest request);

    /// Moves an alias of a model back to the version before, and finds the batches that used the withdrawn
    /// one. When the stage completes, the change is durable.
    ///
    /// The stage fails with the kind `REFUSED` if the alias points to another version than the withdrawn one,
    /// or the history has no version before it.
    ///
    /// @param model the model's name
    /// @param request the withdrawn version and the alias
    CompletionStage<RollbackResult> rollBackModel(String model, RollbackRequest request);

    /// Reads the aliases of a model, and how they were moved.
    ///
    /// @param model the model's name
    CompletionStage<ModelHistory> modelHistory(String model);

    /// Ends the use. Stages that haven't completed may fail or never complete.
    @Override
    void close();
}
