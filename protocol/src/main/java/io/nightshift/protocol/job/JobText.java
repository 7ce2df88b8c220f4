package io.nightshift.protocol.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.nightshift.protocol.job.ValueType.ParameterList;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Templates;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Writes a job as a job file in JSON, which is also YAML. [JobFile#parse(byte[])] returns an equal job. Keys
/// of schedules and alerts that have their default are left out, so that a node of an earlier version reads
/// the text.
public final class JobText {

    /// Escapes every character that isn't ASCII, because YAML allows fewer unescaped characters than JSON.
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private JobText() {}

    /// The text of a job file in JSON with the same values.
    ///
    /// @param job the job
    public static String of(Job job) {
        try {
            return MAPPER.writeValueAsString(
                    section(JobKeys.ROOT, job, !job.parameters().isEmpty()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    /// @param owner what the job has for the section
    /// @param escapes whether the job has parameters, so that braces in other texts may look like placeholders
    private static ObjectNode section(Section section, Object owner, boolean escapes) {
        ObjectNode node = MAPPER.createObjectNode();
        for (JobKey key : section.written()) {
            Object value = key.value().apply(owner);
            if (value == null) {
                continue;
            }
            // The placeholders of templates are no parameters.
            boolean isTemplate = key.type() instanceof Templates;
            JsonNode tree = key.type() instanceof Section inner && !(value instanceof Map)
                    ? section(inner, value, escapes)
                    : escapes && !isTemplate && !(key.type() instanceof ParameterList)
                            ? escaped(tree(value))
                            : tree(value);
            if (isTemplate || !tree.isContainerNode() || !tree.isEmpty()) {
                node.set(key.name(), tree);
            }
        }
        return node;
    }

    private static JsonNode tree(Object value) {
        return MAPPER.valueToTree(
                switch (value) {
                    case Duration time -> text(time);
                    case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
                    default -> value;
                });
    }

    /// Doubles braces that look like placeholders, since the values are in the texts already.
    private static JsonNode escaped(JsonNode node) {
        switch (node) {
            case TextNode text -> {
                return TextNode.valueOf(JobParameters.escaped(text.textValue()));
            }
            case ObjectNode object -> object.properties().forEach(entry -> entry.setValue(escaped(entry.getValue())));
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    array.set(i, escaped(array.get(i)));
                }
            }
            default -> {}
        }
        return node;
    }

    /// Whether a value is an empty list or map.
    static boolean isEmpty(Object value) {
        return value instanceof List<?> list ? list.isEmpty() : value instanceof Map<?, ?> map && map.isEmpty();
    }

    /// In the largest unit that has a whole number.
    public static String text(Duration time) {
        if (time.toSecondsPart() > 0 || time.isZero()) {
            return time.toSeconds() + "s";
        }
        if (time.toMinutesPart() > 0) {
            return time.toMinutes() + "m";
        }
        return time.toHoursPart() > 0 ? time.toHours() + "h" : time.toDays() + "d";
    }
}
