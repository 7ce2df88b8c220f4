package io.nightshift.cli.output;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/// Prints YAML with the content of the JSON that a command has printed.
public final class YamlOutput {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private YamlOutput() {}

    /// Prints a document for each JSON value.
    ///
    /// @param json values, one after another
    public static void print(PrintWriter out, String json) {
        DumpSettings settings = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setExplicitStart(true)
                .setSplitLines(false)
                .build();
        try (JsonParser parser = MAPPER.createParser(json)) {
            while (parser.nextToken() != null) {
                out.print(new Dump(settings).dumpToString(parser.readValueAs(Object.class)));
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("commands print JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.flush();
    }
}
