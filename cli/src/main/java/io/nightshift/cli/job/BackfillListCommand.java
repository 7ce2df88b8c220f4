package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.Backfill;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `backfill list`.
@Command(
        name = "list",
        description = "Lists the backfills of an applied job, newest first.",
        mixinStandardHelpOptions = true)
final class BackfillListCommand extends JobCommand {

    @Mixin
    private final JobParameter wanted = new JobParameter();

    @Override
    protected int run(ClusterAccess cluster) {
        List<Backfill> backfills = ask(cluster, wanted.name(), client -> client.backfills(wanted.name()))
                .backfills();
        if (asJson()) {
            JsonOutput.print(out(), backfills.stream().map(ApiJson::tree).toList());
        } else if (backfills.isEmpty()) {
            out().println("Job %s has no backfill.".formatted(wanted.name()));
        } else {
            BackfillTable.of(backfills).print(out());
        }
        return ExitStatus.DONE;
    }
}
