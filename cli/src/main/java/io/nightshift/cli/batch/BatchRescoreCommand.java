package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch rescore`.
@Command(
        name = "rescore",
        description = "Scores committed partitions of an unpublished batch again.",
        mixinStandardHelpOptions = true)
final class BatchRescoreCommand extends ControlCommand {

    @Option(
            names = "--partitions",
            required = true,
            paramLabel = "LIST",
            description = "The numbers of the partitions, from 0, for example 0,7,12-15.")
    private String partitions = "";

    @Override
    BatchControl control() {
        return new BatchControl.Rescore(PartitionListParser.parse(partitions));
    }

    @Override
    String done() {
        return "Rescoring partitions of batch %s.";
    }
}
