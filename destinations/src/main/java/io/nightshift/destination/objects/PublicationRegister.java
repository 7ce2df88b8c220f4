package io.nightshift.destination.objects;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectContent;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The object that says whether a batch is open, which coordinator may publish it, and what was decided.
/// Every change is one conditional write over the version that was read, so of two coordinators only one
/// succeeds. Each version has a number of its own, so a request that was delayed on its way never succeeds
/// later.
///
/// It is made when the batch is prepared, and deleted before everything else that is staged. So an attempt
/// whose batch has no register has nowhere to write, and what is staged without a register belongs to
/// nobody.
///
/// A second register, in the published batch, does the same for its supplements. It is opened again for
/// each of them, and never deleted: so a coordinator that wakes up late can't take away what a later one
/// has opened.
record PublicationRegister(ObjectStore store, ObjectAddress address) {

    static final String NAME = "publication.json";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WRONG_TAG = "0".repeat(32);

    /// The content of the register.
    sealed interface State {

        /// Attempts may write, and the coordinator that has claimed the batch may decide.
        ///
        /// @param incarnation of the coordinator; 0 before the first claim
        /// @param claim distinguishes the versions
        record Open(int incarnation, String claim) implements State {

            static Open of(int incarnation) {
                return new Open(incarnation, UUID.randomUUID().toString());
            }
        }

        /// The batch is published, as soon as the decision is carried out.
        ///
        /// @param claim of the coordinator that has decided
        record Decided(String claim, PublicationDecision decision) implements State {}

        /// The batch is cancelled, or no supplement is open.
        record Closed() implements State {}
    }

    /// A version of the register.
    record Version(State state, String tag) {}

    /// Creates the register unless it exists. This detects a store that ignores the conditions of writes before
    /// there is anything to publish, and leaves nothing in such a store.
    ///
    /// @throws FailureException permanent, if the store ignores the conditions of writes
    void open() {
        boolean ignoresConditions = put(State.Open.of(0), new Condition.IfTag(WRONG_TAG));
        if (!ignoresConditions) {
            put(State.Open.of(0), new Condition.IfAbsent());
            ignoresConditions = put(State.Open.of(0), new Condition.IfAbsent());
        }
        if (ignoresConditions) {
            store.delete(address);
            throw FailureException.permanent(
                    "destination: %s does not support conditional writes (If-None-Match and If-Match with PutObject; If-Match also if the object is missing), so %s can't be published exactly once. Use another store, or a newer release of it: MinIO needs RELEASE.2025-09-07T16-13-09Z or newer"
                            .formatted(store, address));
        }
    }

    /// Opens the register of supplements to the attempts of a coordinator, which has carried out what was
    /// decided.
    ///
    /// @throws FailureException transient, if a later coordinator has opened it, or has decided since
    void reopen(int incarnation) {
        while (true) {
            Version found = read();
            boolean isDecided = found != null && found.state() instanceof State.Decided;
            if (isDecided
                    || (found != null
                            && found.state() instanceof State.Open open
                            && open.incarnation() > incarnation)) {
                throw later();
            }
            Condition condition = found == null ? new Condition.IfAbsent() : new Condition.IfTag(found.tag());
            if (put(State.Open.of(incarnation), condition)) {
                return;
            }
        }
    }

    /// Whether the attempts of a coordinator may write.
    boolean isOpenTo(int incarnation) {
        Version found = read();
        return found != null && found.state() instanceof State.Open open && open.incarnation() == incarnation;
    }

    /// Whether a supplement is open, or decided and not carried out.
    boolean isInUse() {
        Version found = read();
        return found != null && !(found.state() instanceof State.Closed);
    }

    /// Ends a supplement that was carried out, or that failed, unless the register has changed since.
    void end(Version version) {
        put(new State.Closed(), new Condition.IfTag(version.tag()));
    }

    /// Closes a version, unless it has changed since.
    ///
    /// @throws FailureException transient, if a later coordinator has opened it
    void close(Version version, int incarnation) {
        if (version.state() instanceof State.Open open && open.incarnation() > incarnation) {
            throw later();
        }
        end(version);
    }

    /// The present version; null if there is none.
    @Nullable
    Version read() {
        ObjectContent found = store.get(address);
        if (found == null) {
            return null;
        }
        try {
            return new Version(state(JSON.readTree(found.bytes())), found.tag());
        } catch (IOException e) {
            throw new FailureException(
                    Failure.permanent("destination: %s is damaged: %s".formatted(address, e.getMessage())), e);
        }
    }

    /// Whether there is a register.
    boolean exists() {
        return store.find(address) != null;
    }

    /// Claims the batch for a coordinator, unless it was decided or closed. After that, no decision over an
    /// earlier version succeeds.
    ///
    /// @return the present version: the claim, a decision, or the end; null if there is none
    /// @throws FailureException transient, if a later coordinator has claimed the batch
    @Nullable
    Version claim(int incarnation) {
        while (true) {
            Version found = read();
            if (found == null || !(found.state() instanceof State.Open open)) {
                return found;
            }
            if (open.incarnation() > incarnation) {
                throw later();
            }
            State.Open own = State.Open.of(incarnation);
            put(own, new Condition.IfTag(found.tag()));
            Version now = read();
            if (now == null || !(now.state() instanceof State.Open other) || other.equals(own)) {
                return now;
            }
        }
    }

    /// Decides what is published.
    ///
    /// @param claimed the version of the caller's claim
    /// @return what was decided, which may be what another coordinator has decided
    /// @throws FailureException transient, if another coordinator has claimed the batch; permanent, if the
    ///     batch was cancelled
    PublicationDecision decide(Version claimed, PublicationDecision decision) {
        if (claimed.state() instanceof State.Open own) {
            boolean isDecided = put(new State.Decided(own.claim(), decision), new Condition.IfTag(claimed.tag()));
            if (isDecided) {
                return decision;
            }
        }
        // The answer may have been lost, so that a repeated request found its own decision.
        Version now = read();
        if (now == null || now.state() instanceof State.Closed) {
            throw closed();
        }
        if (now.state() instanceof State.Decided decided) {
            return decided.decision();
        }
        throw later();
    }

    /// Makes sure that nothing is decided from now on.
    ///
    /// @return false if something was decided already
    boolean close() {
        while (true) {
            Version found = read();
            if (found == null || found.state() instanceof State.Closed) {
                return true;
            }
            if (found.state() instanceof State.Decided) {
                return false;
            }
            put(new State.Closed(), new Condition.IfTag(found.tag()));
        }
    }

    FailureException closed() {
        return FailureException.permanent(
                "what was staged in %s is gone: the batch was cancelled, or its staged objects were deleted. Start over with --new"
                        .formatted(address));
    }

    private FailureException later() {
        return new FailureException(
                Failure.transientFailure("a later coordinator publishes the batch, as %s says".formatted(address)));
    }

    private boolean put(State state, Condition condition) {
        try {
            return store.put(address, JSON.writeValueAsBytes(json(state)), condition);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree is always written", e);
        }
    }

    private static ObjectNode json(State state) {
        ObjectNode json = JSON.createObjectNode();
        switch (state) {
            case State.Open(int incarnation, String claim) ->
                json.put("state", "open").put("incarnation", incarnation).put("claim", claim);
            case State.Decided(String claim, PublicationDecision decision) -> {
                json.put("state", "decided").put("claim", claim);
                decision.write(json);
            }
            case State.Closed _ -> json.put("state", "closed");
        }
        return json;
    }

    private static State state(JsonNode json) throws IOException {
        String claim = json.path("claim").asText();
        return switch (json.path("state").asText()) {
            case "open" -> new State.Open(json.path("incarnation").asInt(), claim);
            case "decided" -> new State.Decided(claim, PublicationDecision.read(json));
            case "closed" -> new State.Closed();
            default -> throw new IOException("it has no state");
        };
    }
}
