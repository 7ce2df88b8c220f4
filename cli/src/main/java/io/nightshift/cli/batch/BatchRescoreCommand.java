package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch rescore`.
@Command(
        name = "rescore",
        description = "Has committed partitions of a batch that is not published yet scored again.",
        mixinStandardHelpOptions = true)
final class BatchRescoreCommand extends ControlCommand {

    @Option(
            names = "--partitions",
            required = true,
            paramLabel = "LIST",
            description = "Positions in the plan, from 0, for example 0,7,12-15.")
    private String partitions = "";

    @Override
    BatchControl control() {
        return new BatchControl.Rescore(Partitions.parse(partitions));
    }

    @Override
    String done() {
        return "scores these partitions again";
    }
}
