package io.nightshift.cli.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.configuration.TokensFile;
import io.nightshift.cli.output.Format;
import io.nightshift.cli.output.Json;
import io.nightshift.coordinator.gateway.Role;
import io.nightshift.coordinator.http.Token;
import io.nightshift.protocol.failure.FailureException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `token create`: a new token, shown once and kept nowhere, and its digest for the configuration.
@Command(
        name = "create",
        description = "Prints a new token, once, and the line that lets it in, for the nodes' configuration.",
        mixinStandardHelpOptions = true)
final class TokenCreateCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--name", required = true, paramLabel = "NAME", description = "Whose it is, for the audit.")
    private String name = "";

    @Option(names = "--role", required = true, paramLabel = "ROLE", description = "read, submit or admin.")
    private Role role = Role.READ;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            converter = Format.Converter.class,
            description = "table (default) or json.")
    private Format output = Format.TABLE;

    @Override
    public Integer call() {
        if (!name.matches(TokensFile.NAME)) {
            throw FailureException.permanent(
                    "--name has at most 63 letters, digits, _, ., @ and -, and begins with a letter or digit");
        }
        String token = Token.random();
        String digest = Token.digest(token);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (output == Format.JSON) {
            ObjectNode json = Json.object();
            json.put("token", token);
            json.put("name", name);
            json.put("role", role.toString());
            json.put("sha256", digest);
            Json.print(out, json);
        } else {
            PrintWriter err = spec.commandLine().getErr();
            err.println("The token, which is shown this once:");
            err.flush();
            out.println(token);
            out.flush();
            err.println("What lets it in, for tokens = [ ... ] in the file that nightshift.http.tokens-file names:");
            err.flush();
            out.println("{ name = \"%s\", role = %s, sha256 = \"%s\" }".formatted(name, role, digest));
            err.flush();
        }
        out.flush();
        return ExitStatus.DONE;
    }
}
