package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.nightshift.api.operation.Operation;
import io.nightshift.api.operation.Operations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class OpenApiDocumentTest {

    /// Names fields as [io.nightshift.api.ApiJson] does.
    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .build();

    private final JsonNode document = OpenApiDocument.of(Operations.ALL);
    private final List<String> differences = new ArrayList<>();
    private final Set<String> compared = new HashSet<>();

    @Test
    void eachSchemaHasTheFieldsOfItsRecord() {
        for (Operation<?> operation : Operations.ALL) {
            if (operation.answer() != Void.class) {
                compare(
                        operation.answer().getSimpleName(),
                        schema(operation.answer()),
                        JSON.constructType(operation.answer()));
            }
        }

        assertThat(differences).isEmpty();
        assertThat(compared).hasSizeGreaterThan(50);
    }

    private JsonNode schema(Class<?> type) {
        return document.at("/components/schemas/" + type.getSimpleName());
    }

    private void compare(String place, JsonNode schema, JavaType type) {
        if (type.isCollectionLikeType()) {
            below(schema).forEach(below -> {
                if (below.has("items")) {
                    compare(place, below.get("items"), type.getContentType());
                }
            });
        } else if (type.isRecordType() && compared.add(place)) {
            Set<String> fields = new TreeSet<>();
            List<BeanPropertyDefinition> properties =
                    JSON.getSerializationConfig().introspect(type).findProperties();
            List<JsonNode> objects = below(schema);
            for (BeanPropertyDefinition property : properties) {
                fields.add(property.getName());
                for (JsonNode object : objects) {
                    if (object.at("/properties").has(property.getName())) {
                        compare(
                                place + "." + property.getName(),
                                object.at("/properties").get(property.getName()),
                                property.getPrimaryType());
                    }
                }
            }
            Set<String> described = new TreeSet<>();
            objects.forEach(object -> object.at("/properties").fieldNames().forEachRemaining(described::add));
            if (!fields.equals(described)) {
                differences.add("%s has %s, the document has %s".formatted(place, fields, described));
            }
        }
    }

    /// The schemas of which a schema consists.
    private List<JsonNode> below(JsonNode schema) {
        List<JsonNode> all = new ArrayList<>();
        if (schema.has("$ref")) {
            all.addAll(below(document.at(schema.get("$ref").asText().substring(1))));
        } else {
            all.add(schema);
        }
        for (String several : List.of("allOf", "anyOf", "oneOf")) {
            schema.path(several).forEach(one -> all.addAll(below(one)));
        }
        return all;
    }
}
