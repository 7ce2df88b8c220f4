package io.nightshift.nemesis.fault;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.PromoteRequest;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.client.NightshiftException;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.RolloutTrial;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A caller that may submit jobs only, and tries to move an alias of a model: by a request, and by a job that
/// promotes its candidate.
final class ForbiddenPromotion {

    private static final String ALIAS = "champion";

    private final NemesisCluster cluster;
    private final String model;
    private final ClusterAccess access;
    private final ForbiddenCaller caller;

    private ForbiddenPromotion(NemesisCluster cluster, String model, Workload workload, BatchOutput output) {
        this.cluster = cluster;
        this.model = model;
        this.access = cluster.connectAsSubmitter();
        this.caller = ForbiddenCaller.start(List.of(
                new ForbiddenCaller.Attempt("a promotion", this::promote),
                new ForbiddenCaller.Attempt("a job that promotes its candidate", () -> {
                    CommandResult answer = cluster.batchAsSubmitter(
                            "submit",
                            workload.job().file().toString(),
                            "--set",
                            "destination=" + output.destination(),
                            "--set",
                            "model=%s@%s".formatted(model, ALIAS),
                            "--set",
                            "rollout={candidate: %s@2, mode: canary, guards: {agreement: 50%%}, on-pass: promote}"
                                    .formatted(model));
                    return ForbiddenCaller.refusal(answer);
                })));
    }

    /// Registers two versions of a model, and starts the caller.
    ///
    /// @param model a name that no model has
    static ForbiddenPromotion start(NemesisCluster cluster, String model, Workload workload, BatchOutput output)
            throws IOException {
        RolloutTrial.importVersions(cluster, model);
        cluster.command("model", "alias", model + "@1", ALIAS).expect(0);
        return new ForbiddenPromotion(cluster, model, workload, output);
    }

    /// @return why the promotion was refused; null if it was not
    private @Nullable String promote() {
        try {
            var _ = access.ask(client -> client.promoteModel(model, new PromoteRequest("2", ALIAS, null, null)));
            return null;
        } catch (NightshiftException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// Stops the caller.
    ///
    /// @throws IOException if something was not refused, or the alias was moved
    void end() throws IOException {
        try {
            caller.end();
        } finally {
            access.close();
        }
        JsonNode moves = cluster.command("model", "history", model, "-o", "json")
                .expect(0)
                .json()
                .get("moves");
        if (moves.size() != 1) {
            throw new IOException("the alias of the model %s was moved: %s".formatted(model, moves));
        }
    }
}
