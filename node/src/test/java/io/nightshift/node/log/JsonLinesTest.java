package io.nightshift.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonLinesTest {

    private static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");

    private static JsonNode line(@Nullable Throwable problem, String message, Object... arguments) throws IOException {
        LoggingEvent event = new LoggingEvent(
                JsonLinesTest.class.getName(),
                new LoggerContext().getLogger("io.nightshift.test"),
                Level.WARN,
                message,
                problem,
                arguments);
        String text = new String(new JsonLines().encode(event), StandardCharsets.UTF_8);
        assertThat(text).endsWith("}\n");
        assertThat(text.lines()).hasSize(1);
        return new ObjectMapper().readTree(text);
    }

    @Test
    void anAttemptIsLoggedInSeparateFields() throws IOException {
        JsonNode line =
                line(null, "{} failed on {}: {}", new Attempt(BATCH, 7, new Epoch(2, 9)), "node:1", "\"why\"\n");
        assertThat(line.get("message").asText()).isEqualTo(BATCH + ".7.2-9 failed on node:1: \"why\"\n");
        assertThat(line.get("batch").asText()).isEqualTo(BATCH.value());
        assertThat(line.get("partition").asInt()).isEqualTo(7);
        assertThat(line.get("attempt").asText()).isEqualTo(BATCH + ".7.2-9");
        assertThat(line.get("level").asText()).isEqualTo("WARN");
        assertThat(line.get("logger").asText()).isEqualTo("io.nightshift.test");
        assertThat(line.get("time").asText()).matches("20..-..-..T..:..:..\\..*Z");
    }

    @Test
    void theLogNamesTheBatch() throws IOException {
        JsonNode line = line(null, "{} is published in {}", BATCH, "/there");
        assertThat(line.get("batch").asText()).isEqualTo(BATCH.value());
        assertThat(line.has("partition")).isFalse();
    }

    @Test
    void anExceptionStaysInItsLine() throws IOException {
        JsonNode line = line(new IllegalStateException("broken"), "unexpected");
        assertThat(line.get("exception").asText()).contains("IllegalStateException: broken", "\tat ");
        assertThat(line.has("batch")).isFalse();
    }
}
