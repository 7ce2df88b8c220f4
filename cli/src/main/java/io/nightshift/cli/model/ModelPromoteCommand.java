package io.nightshift.cli.model;

import io.nightshift.api.AliasChange;
import io.nightshift.api.PromoteRequest;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.client.ModelAliases;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `model promote`.
@Command(
        name = "promote",
        description =
                "Makes a version the champion of its model: points the alias at it, and enters that in the history. Batches that are open keep their version.",
        mixinStandardHelpOptions = true)
final class ModelPromoteCommand extends ModelAliasCommand {

    @Parameters(paramLabel = "MODEL", description = "The version to promote: name@version or name@alias.")
    private String reference = "";

    @Option(
            names = "--alias",
            paramLabel = "ALIAS",
            defaultValue = ModelRegistry.CHAMPION,
            description = "The alias to point at the version (default: ${DEFAULT-VALUE}).")
    private String alias = "";

    @Option(
            names = "--expect",
            paramLabel = "VERSION",
            description =
                    "Change nothing unless the alias points to this version now; 0: unless there is no such alias (default: any version).")
    private @Nullable Integer expected;

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, for the history.")
    private String reason = "";

    @Override
    int run(ModelAliases aliases) {
        String text = reference();
        int at = text.indexOf('@');
        return show(ClusterAccess.answer(aliases.promoteModel(
                text.substring(0, at), new PromoteRequest(text.substring(at + 1), alias, expected, reason))));
    }

    private String reference() {
        return switch (ModelCommands.registered(reference)) {
            case ModelReference.Champion champion ->
                throw FailureException.permanent(
                        "%s does not say which version to promote. Name it, as %1$s@4 or %1$s@candidate"
                                .formatted(reference));
            case ModelReference named -> named.text();
        };
    }

    private int show(AliasChange change) {
        if (!printed(change)) {
            out().println(
                            change.moved()
                                    ? "%s@%s is version %d now%s"
                                            .formatted(
                                                    change.model(),
                                                    change.alias(),
                                                    change.to(),
                                                    change.from() == null ? "" : ", no longer " + change.from())
                                    : "%s@%s is version %d already"
                                            .formatted(change.model(), change.alias(), change.to()));
        }
        return ExitStatus.DONE;
    }
}
