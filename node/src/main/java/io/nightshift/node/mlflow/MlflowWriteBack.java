package io.nightshift.node.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.PendingMove;
import io.nightshift.node.mlflow.MlflowServer.Written;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MlflowAddress;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Repeats moves of aliases, which rollouts have made in the registry, on the MLflow server.
///
/// The registry stores each move as pending together with the move itself, so a crash loses none. A move stays
/// pending until the server has it, or until it turns out that somebody has decided otherwise. The server has no
/// compare-and-set for aliases. So this class reads the alias right before it moves it, and moves it only from the
/// version that the registry's alias pointed to before. A decision of another person on the server is never
/// overruled:
///
/// - The alias points to a third version, or does not exist: it stays.
/// - A request to move it was begun, and its answer is not known. If the alias still points to the old version, the
///   server may not have got the request, or somebody may have moved the alias back. It stays.
///
/// Safe for several threads and nodes at the same time. See docs/decisions/0071-mlflow-write-back.md.
public final class MlflowWriteBack {

    private static final Logger LOG = LoggerFactory.getLogger(MlflowWriteBack.class);

    /// Begins the names of all tags.
    public static final String TAG = "nightshift.";

    /// The tag with the digest of the registered model, by which a version is recognised as the present champion.
    public static final String MODEL_DIGEST = TAG + "model.sha256";

    /// For so long, a request of another thread or node may be on its way.
    private static final Duration ON_ITS_WAY = Duration.ofMinutes(5);

    private final ModelRegistry registry;
    private final MlflowModels models;
    private final InstantSource clock;

    public MlflowWriteBack(ModelRegistry registry, MlflowModels models) {
        this(registry, models, InstantSource.system());
    }

    public MlflowWriteBack(ModelRegistry registry, MlflowModels models, InstantSource clock) {
        this.registry = registry;
        this.models = models;
        this.clock = clock;
    }

    /// Whether promotions are to be repeated on the server.
    public boolean isOn() {
        return models.writesBack();
    }

    /// The result of an attempt to repeat a move.
    ///
    /// @param sentence for people
    /// @param isOpen whether it stays pending
    private record Outcome(String sentence, boolean isOpen) {}

    /// Repeats the pending moves of a model's aliases, and logs what became of each. Never fails: a move that can't
    /// be repeated now is tried again by the next call.
    ///
    /// @param model the name in the registry
    /// @param batch whose move the caller wants to know about; null if it is none
    /// @return what became of the move of the batch, in words; null if the batch has none
    public @Nullable String deliver(String model, @Nullable String batch) {
        String said = null;
        try {
            if (!isOn()) {
                return null;
            }
            Set<String> stuck = new HashSet<>();
            for (PendingMove move : registry.pendingMoves(model)) {
                Outcome outcome = stuck.contains(move.alias())
                        ? new Outcome(
                                "on the MLflow server, the alias %s is not moved to %s yet, because an earlier move of it is pending"
                                        .formatted(move.alias(), move.address()),
                                true)
                        : deliver(model, move);
                if (outcome.isOpen()) {
                    stuck.add(move.alias());
                    LOG.warn("{}: {}", move.batch(), outcome.sentence());
                } else {
                    LOG.info("{}: {}", move.batch(), outcome.sentence());
                }
                said = move.batch().equals(batch) ? outcome.sentence() : said;
            }
        } catch (FailureException e) {
            LOG.warn(
                    "The moves of aliases of {} can't be repeated on the MLflow server now: {}", model, e.getMessage());
        }
        return said;
    }

    private Outcome deliver(String model, PendingMove move) {
        try {
            String problem = write(model, move);
            return new Outcome(
                    problem == null
                            ? "on the MLflow server, the alias %s points to %s".formatted(move.alias(), move.address())
                            : "on the MLflow server, the alias %s is not moved to %s: %s"
                                    .formatted(move.alias(), move.address(), problem),
                    false);
        } catch (FailureException e) {
            return new Outcome(
                    "on the MLflow server, the alias %s is not moved to %s yet: %s. It is tried again when a job that follows the server is submitted"
                            .formatted(move.alias(), move.address(), e.getMessage()),
                    true);
        }
    }

    /// Writes the tags and moves the alias.
    ///
    /// @return why the alias is not moved, and never will be; null if it points to the version
    /// @throws FailureException if it may be moved later
    private @Nullable String write(String model, PendingMove move) {
        if (!(MlflowAddress.parse(move.address()) instanceof MlflowAddress.Version(String name, int version))) {
            return ended(model, move, "it is no version of a registered model");
        }
        String number = String.valueOf(version);
        for (Map.Entry<String, String> tag : move.tags().entrySet()) {
            String refusal = refusal(server().post(
                            "model-versions/set-tag",
                            Map.of("name", name, "version", number, "key", tag.getKey(), "value", tag.getValue()),
                            "the tag %s of %s".formatted(tag.getKey(), move.address())));
            if (refusal != null) {
                return ended(model, move, refusal);
            }
        }
        String alias = "the alias %s of the model %s".formatted(move.alias(), name);
        Optional<JsonNode> found = server().find(
                        "registered-models/alias", Map.of("name", name, "alias", move.alias()), alias)
                .map(answer -> answer.path("model_version"));
        if (found.isEmpty()) {
            return ended(model, move, "there is no such alias. Set it once, and the next promotion moves it");
        }
        int present = found.get().path("version").asInt();
        if (present < 1) {
            throw server().noServer(alias);
        }
        String pointsTo = new MlflowAddress.Version(name, present).text();
        if (pointsTo.equals(move.address())) {
            return ended(model, move, null);
        }
        if (!isVersion(registry.resolve(new ModelReference.Exact(model, move.from())), pointsTo, found.get())) {
            return ended(
                    model,
                    move,
                    "it points to %s, which is not %s@%d: somebody has decided otherwise, or has never moved it to the champion"
                            .formatted(pointsTo, model, move.from()));
        }
        long attemptedAt = move.attemptedAt();
        if (attemptedAt > clock.millis() - ON_ITS_WAY.toMillis()) {
            throw FailureException.permanent("a request to move it may be on its way");
        }
        if (attemptedAt > 0) {
            return ended(
                    model,
                    move,
                    "it points to %s after a request whose answer is not known, so somebody may have moved it back. Move it by hand if nobody has"
                            .formatted(pointsTo));
        }
        return move(model, move, Map.of("name", name, "alias", move.alias(), "version", number), alias);
    }

    /// Moves the alias. That it is about to do so is stored before, so that it is done once.
    private @Nullable String move(String model, PendingMove move, Map<String, String> request, String alias) {
        PendingMove begun = move.attemptedAt(clock.millis());
        if (!registry.updatePending(model, move, begun)) {
            return "somebody has moved %s@%s in the meantime, or another node does this".formatted(model, move.alias());
        }
        return switch (server().post("registered-models/alias", request, alias)) {
            case Written.Done _ -> ended(model, begun, null);
            case Written.Refused(String reason, boolean isFinal) -> {
                registry.updatePending(model, begun, isFinal ? null : move);
                if (!isFinal) {
                    throw FailureException.permanent(reason);
                }
                yield reason;
            }
            case Written.Unknown(String reason) -> throw FailureException.permanent(reason);
        };
    }

    /// Why a tag is never written; null if it is.
    ///
    /// @throws FailureException if it may be written later
    private static @Nullable String refusal(Written written) {
        return switch (written) {
            case Written.Done _ -> null;
            case Written.Refused(String reason, boolean isFinal) when isFinal -> reason;
            case Written.Refused(String reason, boolean _) -> throw FailureException.permanent(reason);
            case Written.Unknown(String reason) -> throw FailureException.permanent(reason);
        };
    }

    private @Nullable String ended(String model, PendingMove move, @Nullable String problem) {
        registry.updatePending(model, move, null);
        return problem;
    }

    /// Whether a version of the server is a version of the registry: it is the one that was copied, or its tags
    /// name the same model file.
    private boolean isVersion(ModelVersion registered, String address, JsonNode version) {
        if (registry.describe(registered).provenance().file().startsWith(address + "/")) {
            return true;
        }
        for (JsonNode tag : version.path("tags")) {
            if (tag.path("key").asText().equals(MODEL_DIGEST)
                    && tag.path("value").asText().equals(registered.sha256())) {
                return true;
            }
        }
        return false;
    }

    private MlflowServer server() {
        return models.server();
    }
}
