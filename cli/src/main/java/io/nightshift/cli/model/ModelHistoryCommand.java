package io.nightshift.cli.model;

import io.nightshift.api.AliasMove;
import io.nightshift.api.ModelHistory;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.ModelAliases;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `model history`.
@Command(
        name = "history",
        description = "Shows how the aliases of a model were moved: when, from which version, by whom and why.",
        mixinStandardHelpOptions = true)
final class ModelHistoryCommand extends ModelAliasCommand {

    @Parameters(paramLabel = "NAME", description = "The name of the model.")
    private String name = "";

    @Override
    int run(ModelAliases aliases) {
        return show(ClusterAccess.answer(aliases.modelHistory(name)));
    }

    private int show(ModelHistory history) {
        if (printed(history)) {
            return ExitStatus.DONE;
        }
        Map<String, Integer> aliases = new TreeMap<>(history.aliases());
        out().println(
                        aliases.isEmpty()
                                ? name + " has no alias"
                                : aliases.entrySet().stream()
                                        .map(alias ->
                                                "%s@%s is version %d".formatted(name, alias.getKey(), alias.getValue()))
                                        .collect(Collectors.joining("\n")));
        if (!history.moves().isEmpty()) {
            TextTable table = new TextTable()
                    .left("AT")
                    .left("ALIAS")
                    .right("FROM")
                    .right("TO")
                    .left("ACTION")
                    .left("BY")
                    .left("REASON");
            for (AliasMove move : history.moves()) {
                table.row(
                        move.at().truncatedTo(ChronoUnit.SECONDS).toString(),
                        move.alias(),
                        move.from() == null ? "" : move.from().toString(),
                        Integer.toString(move.to()),
                        move.action(),
                        move.by(),
                        move.reason());
            }
            table.print(out());
        }
        return ExitStatus.DONE;
    }
}
