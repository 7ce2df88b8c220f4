package io.nightshift.cli.client;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.ControlResult;
import io.nightshift.api.NodeList;
import io.nightshift.api.Problem;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SubmitResult;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.client.SubmitOptions;
import io.nightshift.client.messages.MessageClient;
import io.nightshift.client.messages.MessageClientBuilder;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.TlsSettings;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobText;
import io.nightshift.storage.endpoint.EndpointWait;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Asks a cluster by HTTP or messages, or a node of the command's own, and waits for each answer.
///
/// A batch is named by its id, the beginning of one, or `latest`.
public final class ClusterAccess implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int ATTEMPTS = 3;
    private static final Duration LOOK = Duration.ofMillis(200);

    private final NightshiftClient client;

    /// The node that ends with the command; null if the command asks nodes that run on.
    private final @Nullable HomeNode own;

    public ClusterAccess(NightshiftClient client) {
        this(client, null);
    }

    private ClusterAccess(NightshiftClient client, @Nullable HomeNode own) {
        this.client = client;
        this.own = own;
    }

    /// Asks the node of the command itself.
    static ClusterAccess of(HomeNode own) {
        return new ClusterAccess(own.client(), own);
    }

    /// Whether the node ends with the command. Then nobody continues what the command has asked for, so the command
    /// waits for its end.
    public boolean endsWithCommand() {
        return own != null;
    }

    /// Waits until readers no longer see a batch that is being removed, and, if its grace period is over, until its
    /// output is deleted. Only for a node that ends with the command.
    ///
    /// @param batch the batch's ID
    public BatchDescription.Removal awaitRemoval(String batch) {
        Duration grace = Objects.requireNonNull(own).grace();
        while (true) {
            BatchDescription.Removal removal = describe(batch).removal();
            if (removal != null && removal.unpublishedAt() != null) {
                boolean isOver = removal.unpublishedAt().plus(grace).isBefore(Instant.now());
                if (!isOver || removal.removedAt() != null) {
                    return removal;
                }
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    /// Sends the alerts and the lineage of a batch that has stopped, if the node ends with the command.
    ///
    /// @return a sentence for each message that is not sent yet
    public List<String> settle(BatchDescription batch) {
        return own == null ? List.of() : own.settle(batch);
    }

    /// Connects by messages to a node that listens.
    ///
    /// @param configuration whose contact points are asked
    /// @param token the token to send, or null
    /// @throws FailureException if none of them listens
    public static ClusterAccess connect(Configuration configuration, @Nullable String token) {
        return new ClusterAccess(client(configuration, token));
    }

    /// As [#connect].
    public static NightshiftClient client(Configuration configuration, @Nullable String token) {
        List<String> nodes = configuration.node().contactPoints();
        String[] others = nodes.subList(1, nodes.size()).toArray(String[]::new);
        MessageClientBuilder client = MessageClient.builder(nodes.getFirst(), others)
                .token(token)
                .tuning(configuration.tuning())
                .timeout(TIMEOUT)
                .attempts(Math.max(nodes.size(), ATTEMPTS));
        TlsSettings tls = configuration.tls();
        if (tls != null) {
            client.tls(tls.files(), tls.peerName());
        }
        try {
            return client.build();
        } catch (IllegalStateException e) {
            throw FailureException.permanent(String.valueOf(e.getMessage()));
        } catch (NightshiftException e) {
            throw FailureException.permanent(
                    e.getMessage() + ". The configuration names the nodes to ask in nightshift.node.contact-points");
        }
    }

    /// Waits for an answer.
    ///
    /// @throws NightshiftException as the client says
    public static <T> T answer(CompletionStage<T> stage) {
        try (EndpointWait _ = EndpointWait.begin("the server")) {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw switch (e.getCause()) {
                case NightshiftException known -> known;
                case FailureException ofListener -> ofListener;
                case null, default -> e;
            };
        }
    }

    /// Asks the cluster, and waits for the answer.
    ///
    /// @throws NightshiftException as the client says
    public <T> T ask(Function<NightshiftClient, CompletionStage<T>> question) {
        return answer(question.apply(client));
    }

    /// @param key the idempotency key, or null
    /// @throws FailureException for a person to read, if nothing was started
    public SubmitResult submit(Job job, boolean fresh, @Nullable String key) {
        try {
            return answer(client.submit(JobText.of(job), new SubmitOptions(fresh, key)));
        } catch (NightshiftException e) {
            throw told(e);
        }
    }

    /// @param key the idempotency key, or null
    /// @throws FailureException for a person to read, if nothing was started
    public SubmitResult rescore(String batch, RescoreRequest request, @Nullable String key) {
        try {
            return answer(client.rescore(batch, request, key));
        } catch (NightshiftException e) {
            throw told(e);
        }
    }

    /// @throws NightshiftException as the client says
    public BatchDescription describe(String batch) {
        return answer(client.describe(batch));
    }

    /// @throws FailureException for a person to read, if nobody answers
    public NodeList nodes() {
        try {
            return answer(client.nodes());
        } catch (NightshiftException e) {
            throw told(e);
        }
    }

    /// @throws FailureException for a person to read, if there is no such batch, or nobody answers
    public ControlReply control(String batch, BatchControl control) {
        try {
            ControlResult controlled = answer(client.control(batch, control));
            Phase phase = Arrays.stream(Phase.values())
                    .filter(known -> known.toString().equals(controlled.state()))
                    .findFirst()
                    .orElseThrow(() -> FailureException.permanent(
                            "the server reports a state that this version does not know: " + controlled.state()));
            return new ControlReply.Done(new BatchId(controlled.batch()), phase);
        } catch (NightshiftException e) {
            Problem problem = e.problem();
            if (problem != null && problem.batch() != null) {
                return new ControlReply.Refused(new BatchId(problem.batch()), problem.detail());
            }
            throw told(e);
        }
    }

    /// Converts a problem to a sentence for the user, with a hint where a token is missing. The failure is
    /// transient if the same request may succeed later.
    public static FailureException told(NightshiftException problem) {
        if (problem.kind().isTransient()) {
            return new FailureException(Failure.transientFailure(String.valueOf(problem.getMessage())));
        }
        String hint = problem.kind() == NightshiftException.Kind.NOT_ALLOWED
                ? " Give a token with --token-file, or in the environment variable NIGHTSHIFT_TOKEN."
                : "";
        return FailureException.permanent(problem.getMessage() + hint);
    }

    @Override
    public void close() {
        if (own == null) {
            client.close();
        } else {
            own.end();
        }
    }
}
