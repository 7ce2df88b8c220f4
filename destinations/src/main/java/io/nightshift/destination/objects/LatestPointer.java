package io.nightshift.destination.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectContent;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The object that names the newest published batch of a job. It only ever moves to a newer batch, unless the
/// batch that it names is removed.
///
/// @param prefix the destination's
/// @param job the name of the job
record LatestPointer(ObjectStore store, ObjectAddress prefix, String job) {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ObjectAddress address() {
        return prefix.with(prefix.key() + "_latest-" + job + ".json");
    }

    /// The batch that it names; empty if there is none.
    Optional<BatchId> batch() {
        return Optional.ofNullable(store.get(address())).flatMap(this::batch);
    }

    private Optional<BatchId> batch(ObjectContent content) {
        try {
            JsonNode batch = JSON.readTree(content.bytes()).path("batch");
            if (batch.isNull()) {
                return Optional.empty();
            }
            if (BatchId.isValid(batch.asText())) {
                return Optional.of(new BatchId(batch.asText()));
            }
        } catch (IOException e) {
            throw new FailureException(damaged(), e);
        }
        throw new FailureException(damaged());
    }

    private Failure damaged() {
        return Failure.permanent("destination: %s names no batch; delete it, and publish a batch".formatted(address()));
    }

    /// Moves to a published batch, unless it names that batch or a newer one.
    void move(BatchKeys keys, FileNames names) {
        while (true) {
            ObjectContent now = store.get(address());
            if (now != null
                    && batch(now)
                            .filter(named -> named.compareTo(keys.batch()) >= 0)
                            .isPresent()) {
                return;
            }
            Condition condition = now == null ? new Condition.IfAbsent() : new Condition.IfTag(now.tag());
            if (store.put(address(), content(keys, names), condition)) {
                return;
            }
        }
    }

    /// Moves away from a batch that is being removed, if it names that batch.
    ///
    /// @param next gives the batch that it names then; null for none
    void leave(BatchId removed, Supplier<@Nullable BatchId> next, FileNames names) {
        while (true) {
            ObjectContent now = store.get(address());
            if (now == null || !batch(now).equals(Optional.of(removed))) {
                return;
            }
            BatchId other = next.get();
            byte[] content = other == null ? nothing() : content(new BatchKeys(prefix, other), names);
            if (store.put(address(), content, new Condition.IfTag(now.tag()))) {
                return;
            }
        }
    }

    private byte[] nothing() {
        ObjectNode json = JSON.createObjectNode();
        json.put("job", job);
        json.putNull("batch");
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private byte[] content(BatchKeys keys, FileNames names) {
        ObjectNode json = JSON.createObjectNode();
        json.put("job", job);
        json.put("batch", keys.batch().value());
        json.put("folder", keys.published());
        json.put("manifest", keys.published(BatchFolders.MANIFEST).toString());
        json.put("parts", keys.published(names.glob(false)).toString());
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
