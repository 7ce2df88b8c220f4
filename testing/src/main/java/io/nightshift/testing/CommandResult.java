package io.nightshift.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/// The exit status and the output of a command.
///
/// @param status the exit status; 137 for a process that was killed
/// @param out standard output
/// @param err standard error
public record CommandResult(int status, String out, String err) {

    /// Runs a command in this process, and closes what it leaves open for the end of a process.
    ///
    /// @param program the program's command line
    public static CommandResult of(CommandLine program, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        program.setOut(new PrintWriter(out, true));
        program.setErr(new PrintWriter(err, true));
        int status = program.execute(arguments);
        close(program.getParseResult());
        return new CommandResult(status, out.toString(), err.toString());
    }

    private static void close(@Nullable ParseResult parsed) {
        for (ParseResult command = parsed; command != null; command = command.subcommand()) {
            if (command.commandSpec().userObject() instanceof AutoCloseable open) {
                try {
                    open.close();
                } catch (Exception e) {
                    throw new AssertionError(command.commandSpec().name() + " can't be closed", e);
                }
            }
        }
    }

    /// Asserts the exit status, that standard error contains the sentences, and that no stack trace was
    /// written.
    public CommandResult expect(int wanted, String... sentences) {
        assertThat(status).as("exit status; out: %s; err: %s", out, err).isEqualTo(wanted);
        assertThat(out + err).doesNotContain("\tat ", "Exception", "unexpected");
        for (String sentence : sentences) {
            assertThat(err).contains(sentence);
        }
        return this;
    }

    /// The JSON object in the last line of standard output.
    public JsonNode json() {
        List<String> lines = out.strip().lines().toList();
        assertThat(lines).as("standard output; standard error: %s", err).isNotEmpty();
        try {
            return new ObjectMapper().readTree(lines.getLast());
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + lines.getLast(), e);
        }
    }
}
