package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift batch`: shows and verifies batches from the ledger without starting a node, and controls the
/// batches of a running cluster.
@Command(
        name = "batch",
        description = "Lists, shows and verifies batches. Submits jobs to a cluster and controls its batches.",
        mixinStandardHelpOptions = true)
@Subcommands({
    BatchListCommand.class,
    BatchShowCommand.class,
    BatchHeadCommand.class,
    BatchDiffCommand.class,
    BatchDriftCommand.class,
    BatchReplayCommand.class,
    BatchEventsCommand.class,
    BatchVerifyCommand.class,
    BatchSubmitCommand.class,
    BatchWatchCommand.class,
    BatchPauseCommand.class,
    BatchResumeCommand.class,
    BatchCancelCommand.class,
    BatchRetryCommand.class,
    BatchRescoreCommand.class,
    BatchIgnoreWindowCommand.class,
    BatchApproveCommand.class,
    BatchDeleteCommand.class
})
public final class BatchCommands extends CommandGroup {}
