package io.nightshift.cli;

import picocli.CommandLine.Command;

/// Placeholder until merged.
@Command(name = "batch")
final class BatchCommands {}
