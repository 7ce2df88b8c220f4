package io.nightshift.cli.model;

import io.nightshift.api.AliasChange;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.ModelAliases;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `model rollback`.
@Command(
        name = "rollback",
        description =
                "Withdraws the champion of a model: points the alias back at the version before, enters that in the history, and names the batches that used the withdrawn version.",
        mixinStandardHelpOptions = true)
final class ModelRollbackCommand extends ModelAliasCommand {

    private static final int SHOWN = 20;

    @Parameters(
            paramLabel = "MODEL",
            description =
                    "The model: its name; or name@version, to change nothing unless the alias points to this version.")
    private String reference = "";

    @Option(
            names = "--alias",
            paramLabel = "ALIAS",
            defaultValue = ModelRegistry.CHAMPION,
            description = "The alias to point back (default: ${DEFAULT-VALUE}).")
    private String alias = "";

    @Option(
            names = "--to",
            paramLabel = "VERSION",
            description = "The version to return to (default: the one before, by the history).")
    private @Nullable Integer to;

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, for the history.")
    private String reason = "";

    @Override
    int run(ModelAliases aliases) {
        int withdrawn = withdrawn(ClusterAccess.answer(aliases.modelHistory(name())));
        RollbackRequest request = new RollbackRequest(withdrawn, alias, to, reason);
        return show(ClusterAccess.answer(aliases.rollBackModel(name(), request)), withdrawn);
    }

    private String name() {
        String text = ModelCommands.registered(reference).text();
        int at = text.indexOf('@');
        return at < 0 ? text : text.substring(0, at);
    }

    private int withdrawn(ModelHistory history) {
        return switch (ModelCommands.registered(reference)) {
            case ModelReference.Exact(String name, int version) -> version;
            case ModelReference.Champion(String name) -> {
                Integer present = history.aliases().get(alias);
                if (present == null) {
                    throw FailureException.permanent(
                            "the model %s has no alias %s, so there is nothing to roll back. `nightshift model history %1$s` shows its aliases"
                                    .formatted(name, alias));
                }
                yield present;
            }
            case ModelReference other ->
                throw FailureException.permanent(
                        "name the model or its version, as %s or %1$s@4; --alias names the alias".formatted(name()));
        };
    }

    private int show(RollbackResult result, int withdrawn) {
        if (printed(result)) {
            return ExitStatus.DONE;
        }
        AliasChange change = result.change();
        out().println("%s@%s is version %d %s"
                .formatted(
                        change.model(),
                        change.alias(),
                        change.to(),
                        change.moved() ? "again, no longer " + withdrawn : "already"));
        String version = change.model() + "@" + withdrawn;
        if (result.problem() != null) {
            out().println("The batches that used %s are not known: %s".formatted(version, result.problem()));
        } else if (result.batches().isEmpty()) {
            out().println("No open or published batch used %s.".formatted(version));
        } else {
            batches(result, version);
        }
        return ExitStatus.DONE;
    }

    private void batches(RollbackResult result, String version) {
        int found = result.batches().size();
        out().println("%,d%s batches used %s:".formatted(found, result.hasMore() ? " or more" : "", version));
        TextTable table =
                new TextTable().left("BATCH").left("JOB").left("SUBMITTED").left("STATE");
        result.batches().stream()
                .limit(SHOWN)
                .forEach(batch -> table.row(
                        batch.batch(),
                        batch.job(),
                        batch.submittedAt().truncatedTo(ChronoUnit.SECONDS).toString(),
                        batch.published() ? "published" : "open"));
        table.print(out());
        if (found > SHOWN) {
            out().println("… (-o json shows %,d)".formatted(found));
        }
        AliasChange change = result.change();
        out().println(
                        "To score a published one again, and reuse the parts of other versions: %s batch rescore BATCH --model %s@%d --where-model %s"
                                .formatted(ShellCommands.program(), change.model(), change.to(), version));
    }
}
