package io.nightshift.coordinator.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nightshift.api.AliasMove;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelPart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads and writes the registry's JSON files. The files live for years, so fields are added and never
/// renamed, and unknown fields are ignored. A golden file in the tests pins the format.
final class ModelJson {

    /// Raised when older releases can no longer read the file correctly.
    private static final int SCHEMA = 1;

    /// A file that this release can't read. The message continues the sentence "it is damaged: ".
    static final class Damaged extends IOException {
        private static final long serialVersionUID = 1L;

        Damaged(String message) {
            super(message);
        }
    }

    private record Document(
            int schema,
            String name,
            int version,
            String sha256,
            long size,
            String registeredAt,
            Provenance provenance,
            ModelDescription description) {}

    /// The tag of the sealed type's cases. It stands here because `protocol` does not use Jackson.
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = FeatureType.Numeric.class, name = "numeric"),
        @JsonSubTypes.Type(value = FeatureType.Nominal.class, name = "nominal"),
        @JsonSubTypes.Type(value = FeatureType.Categorical.class, name = "categorical"),
        @JsonSubTypes.Type(value = FeatureType.Hashed.class, name = "hashed"),
        @JsonSubTypes.Type(value = FeatureType.Text.class, name = "text")
    })
    private interface TaggedFeatureType {}

    /// Models registered by an earlier release don't say whether they have margins, and which parts.
    interface LaterFields {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        int margins();

        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        List<ModelPart> parts();
    }

    /// Models registered by an earlier release don't say whether they know other texts.
    interface LaterNominalFields {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        boolean open();
    }

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addMixIn(FeatureType.class, TaggedFeatureType.class)
            .addMixIn(ModelDescription.class, LaterFields.class)
            .addMixIn(FeatureType.Nominal.class, LaterNominalFields.class)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");

    private static final ObjectWriter WRITER = MAPPER.writer(
            new DefaultPrettyPrinter().withObjectIndenter(INDENTER).withArrayIndenter(INDENTER));

    private ModelJson() {}

    static byte[] write(RegisteredModel model) {
        ModelVersion version = model.version();
        return bytes(new Document(
                SCHEMA,
                version.name(),
                version.version(),
                version.sha256(),
                model.size(),
                model.registeredAt().toString(),
                model.provenance(),
                model.description()));
    }

    static RegisteredModel readModel(byte[] json) throws Damaged {
        try {
            Document document = MAPPER.readValue(json, Document.class);
            if (document.schema > SCHEMA) {
                throw new Damaged("a later release of Nightshift wrote it (schema " + document.schema
                        + ", this one knows " + SCHEMA + ")");
            }
            return new RegisteredModel(
                    new ModelVersion(document.name, document.version, document.sha256),
                    document.description,
                    document.provenance,
                    Instant.parse(document.registeredAt),
                    document.size);
        } catch (Damaged e) {
            throw e;
        } catch (JsonProcessingException e) {
            throw new Damaged(e.getOriginalMessage());
        } catch (IOException | NullPointerException | IllegalArgumentException | DateTimeException e) {
            throw new Damaged(String.valueOf(e.getMessage()));
        }
    }

    /// Before it had a history, the file was the map of the aliases only.
    private record AliasesDocument(
            SortedMap<String, Integer> aliases,
            List<StoredMove> history,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
            List<PendingMove> writeBack) {}

    private record StoredMove(
            String alias, @Nullable Integer from, int to, String action, String at, String by, String reason) {

        static StoredMove of(AliasMove move) {
            return new StoredMove(
                    move.alias(),
                    move.from(),
                    move.to(),
                    move.action(),
                    move.at().toString(),
                    move.by(),
                    move.reason());
        }

        AliasMove move() {
            return new AliasMove(alias, from, to, action, Instant.parse(at), by, reason);
        }
    }

    static byte[] writeAliases(ModelAliases aliases) {
        return bytes(new AliasesDocument(
                aliases.versions(), aliases.moves().stream().map(StoredMove::of).toList(), aliases.pending()));
    }

    static ModelAliases readAliases(byte[] json) throws Damaged {
        try {
            JsonNode root = MAPPER.readTree(json);
            if (!root.path("aliases").isObject()) {
                return new ModelAliases(
                        MAPPER.readerFor(new TypeReference<TreeMap<String, Integer>>() {})
                                .readValue(root),
                        List.of(),
                        List.of());
            }
            AliasesDocument document = MAPPER.treeToValue(root, AliasesDocument.class);
            return new ModelAliases(
                    document.aliases,
                    document.history.stream().map(StoredMove::move).toList(),
                    document.writeBack);
        } catch (JsonProcessingException e) {
            throw new Damaged(e.getOriginalMessage());
        } catch (IOException | NullPointerException | DateTimeException e) {
            throw new Damaged(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] bytes(Object value) {
        try {
            return (WRITER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the registry's own records can be written as JSON", e);
        }
    }
}
