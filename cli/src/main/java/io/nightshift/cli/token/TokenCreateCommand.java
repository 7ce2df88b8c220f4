package io.nightshift.cli.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.operation.Role;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.node.configuration.TokensFile;
import io.nightshift.node.gateway.Token;
import io.nightshift.protocol.failure.FailureException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `token create`: prints a new token, which is stored nowhere, and its digest for the configuration.
@Command(
        name = "create",
        description =
                "Creates a token. Prints the token, which is stored nowhere, and a line to add to the configuration of the nodes.",
        mixinStandardHelpOptions = true)
final class TokenCreateCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--name",
            required = true,
            paramLabel = "NAME",
            description = "The owner of the token, as the audit log names it.")
    private String name = "";

    @Option(
            names = "--role",
            required = true,
            paramLabel = "ROLE",
            description = "The permissions of the owner: read, models, submit or admin.")
    private Role role = Role.READ;

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() {
        if (!name.matches(TokensFile.NAME)) {
            throw FailureException.permanent(
                    "--name must be at most 63 letters, digits, _, ., @ and -, and begin with a letter or digit");
        }
        String token = Token.random();
        String digest = Token.digest(token);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (output.isForPrograms()) {
            ObjectNode json = JsonOutput.object();
            json.put("token", token);
            json.put("name", name);
            json.put("role", role.toString());
            json.put("sha256", digest);
            JsonOutput.print(out, json);
        } else {
            PrintWriter err = spec.commandLine().getErr();
            err.println("The token. It is not shown again:");
            err.flush();
            out.println(token);
            out.flush();
            err.println("The line for tokens = [ ... ] in the file that nightshift.http.tokens-file names:");
            err.flush();
            out.println("{ name = \"%s\", role = %s, sha256 = \"%s\" }".formatted(name, role, digest));
            err.flush();
        }
        out.flush();
        return ExitStatus.DONE;
    }
}
