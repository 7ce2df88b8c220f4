package io.nightshift.cli.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;

/// Prints JSON, one line for each object.
public final class JsonOutput {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JsonOutput() {}

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    public static void print(PrintWriter out, JsonNode node) {
        out.println(text(node));
    }

    /// Prints an array, one line for each element.
    public static void print(PrintWriter out, List<? extends JsonNode> nodes) {
        out.println("[");
        for (Iterator<? extends JsonNode> rest = nodes.iterator(); rest.hasNext(); ) {
            out.println(text(rest.next()) + (rest.hasNext() ? "," : ""));
        }
        out.println("]");
    }

    private static String text(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }
}
