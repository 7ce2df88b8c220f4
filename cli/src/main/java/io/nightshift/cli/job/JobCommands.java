package io.nightshift.cli.job;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift job`: jobs that a server or a cluster runs by itself.
@Command(
        name = "job",
        description = "Applies jobs to a server or a cluster, which then runs them by their schedule and their trigger."
                + " Shows, pauses and deletes applied jobs, and lists their runs.",
        mixinStandardHelpOptions = true)
@Subcommands({
    JobApplyCommand.class,
    JobListCommand.class,
    JobShowCommand.class,
    JobRunsCommand.class,
    JobTriggerCommand.class,
    JobPauseCommand.class,
    JobResumeCommand.class,
    JobDeleteCommand.class
})
public final class JobCommands extends CommandGroup {}
