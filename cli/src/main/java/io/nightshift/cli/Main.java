package io.nightshift.cli;

import io.nightshift.cli.batch.AlertCommands;
import io.nightshift.cli.batch.BatchCommands;
import io.nightshift.cli.batch.LedgerCommands;
import io.nightshift.cli.batch.QuarantineCommands;
import io.nightshift.cli.batch.RetentionCommands;
import io.nightshift.cli.client.UiCommand;
import io.nightshift.cli.doctor.DoctorCommand;
import io.nightshift.cli.init.InitCommand;
import io.nightshift.cli.job.BackfillCommand;
import io.nightshift.cli.job.JobCommands;
import io.nightshift.cli.job.SchemaCommands;
import io.nightshift.cli.model.ModelCommands;
import io.nightshift.cli.node.NodeCommand;
import io.nightshift.cli.node.ServeCommand;
import io.nightshift.cli.output.CommandOutputFormat;
import io.nightshift.cli.output.YamlOutput;
import io.nightshift.cli.reference.CompletionCommand;
import io.nightshift.cli.run.RunCommand;
import io.nightshift.cli.run.Warmup;
import io.nightshift.cli.token.TokenCommands;
import io.nightshift.cli.trace.TraceCommand;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.JobFileException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/// The program.
@Command(
        name = "nightshift",
        description = "Scores data in bulk with a machine-learning model: every row exactly once, even after a crash.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND")
public final class Main {

    private static final String UNEXPECTED = "nightshift: an unexpected error. Please report this bug: ";
    private static final Map<String, Class<?>> COMMANDS = commands();
    private static final Set<String> DESCRIBE_ALL = Set.of("completion", "help");

    private Main() {}

    private static Map<String, Class<?>> commands() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("init", InitCommand.class);
        commands.put("run", RunCommand.class);
        commands.put("serve", ServeCommand.class);
        commands.put("node", NodeCommand.class);
        commands.put("plan", PlanCommand.class);
        commands.put("schema", SchemaCommands.class);
        commands.put("model", ModelCommands.class);
        commands.put("batch", BatchCommands.class);
        commands.put("job", JobCommands.class);
        commands.put("backfill", BackfillCommand.class);
        commands.put("quarantine", QuarantineCommands.class);
        commands.put("alert", AlertCommands.class);
        commands.put("retention", RetentionCommands.class);
        commands.put("ledger", LedgerCommands.class);
        commands.put("trace", TraceCommand.class);
        commands.put("ui", UiCommand.class);
        commands.put("token", TokenCommands.class);
        commands.put("doctor", DoctorCommand.class);
        commands.put("completion", CompletionCommand.class);
        commands.put("help", HelpCommand.class);
        return commands;
    }

    public static void main(String[] arguments) {
        int status = ExitStatus.FAILED;
        try {
            status = run(arguments);
        } catch (Throwable unexpected) {
            System.err.println(UNEXPECTED + unexpected);
            org.slf4j.LoggerFactory.getLogger(Main.class).error("unexpected", unexpected);
        } finally {
            // Everything that matters is on disk by now: no waiting for an actor system to stop.
            ProcessExit.now(status);
        }
    }

    /// Runs a command.
    ///
    /// @return its exit status
    public static int run(String... arguments) {
        if (first(arguments).equals("run")) {
            Warmup.begin();
        }
        if ("dumb".equals(System.getenv("TERM"))) {
            // Picocli itself looks at NO_COLOR, and whether there is a terminal.
            System.setProperty("picocli.ansi", "false");
        }
        int status = commandLine(arguments).execute(arguments);
        System.out.flush();
        System.err.flush();
        return status;
    }

    private static String first(String... arguments) {
        return arguments.length == 0 ? "" : arguments[0];
    }

    /// Prepares the command and the subcommand that the arguments begin with, such as `batch show`, since
    /// preparing each takes a while. Prepares all if they begin with none, or with a command that describes all.
    public static CommandLine commandLine(String... arguments) {
        CommandLine commands = new CommandLine(new Main());
        String wanted = first(arguments);
        String below = arguments.length > 1 ? arguments[1] : "";
        boolean all = DESCRIBE_ALL.contains(wanted) || !COMMANDS.containsKey(wanted);
        COMMANDS.forEach((name, implementation) -> {
            if (all || name.equals(wanted)) {
                commands.addSubcommand(name, withSubcommands(implementation, all ? "" : below));
            }
        });
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setExecutionStrategy(Main::execute);
        commands.setParameterExceptionHandler(Main::wrongUsage);
        commands.setExecutionExceptionHandler((problem, command, parsed) -> report(problem, command));
        return commands;
    }

    /// @param wanted the name of the subcommand to add; if no subcommand has it, all are added
    private static CommandLine withSubcommands(Class<?> implementation, String wanted) {
        CommandLine command = new CommandLine(implementation);
        Subcommands subcommands = implementation.getAnnotation(Subcommands.class);
        if (subcommands != null) {
            List<Class<?>> all = List.of(subcommands.value());
            List<Class<?>> named =
                    all.stream().filter(each -> name(each).equals(wanted)).toList();
            (named.isEmpty() ? all : named).forEach(command::addSubcommand);
        }
        return command;
    }

    private static String name(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }

    /// Runs a command. With `-o yaml` it prints JSON, which becomes YAML at its end.
    private static int execute(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        CommandLine command = last.commandSpec().commandLine();
        OptionSpec output = last.commandSpec().findOption("--output");
        boolean isYaml = output != null
                && output.getValue() == CommandOutputFormat.YAML
                && !last.isUsageHelpRequested()
                && !last.isVersionHelpRequested();
        if (!isYaml) {
            return executeLast(parsed, command);
        }
        PrintWriter out = command.getOut();
        StringWriter json = new StringWriter();
        command.setOut(new PrintWriter(json));
        int status = executeLast(parsed, command);
        YamlOutput.print(out, json.toString());
        return status;
    }

    /// A server has a log for what it waits for.
    private static int executeLast(ParseResult parsed, CommandLine command) {
        Object last = command.getCommandSpec().userObject();
        if (last instanceof ServeCommand || last instanceof NodeCommand) {
            return new RunLast().execute(parsed);
        }
        Runnable end = WaitReport.begin(command.getErr());
        try {
            return new RunLast().execute(parsed);
        } finally {
            end.run();
        }
    }

    private static int wrongUsage(ParameterException problem, String[] arguments) {
        CommandLine command = problem.getCommandLine();
        if (arguments.length == 0 || "Missing required subcommand".equals(problem.getMessage())) {
            command.usage(command.getErr());
            return ExitStatus.NOTHING_STARTED;
        }
        String message = problem instanceof UnmatchedArgumentException unmatched
                ? unknown(unmatched.getUnmatched().getFirst(), command.getCommandSpec())
                : problem.getMessage();
        command.getErr().println("nightshift: " + message);
        command.getErr()
                .println("Try '%s --help'.".formatted(command.getCommandSpec().qualifiedName()));
        return ExitStatus.NOTHING_STARTED;
    }

    /// The message for an unknown word of the command line.
    private static String unknown(String word, CommandSpec command) {
        boolean isOption = word.startsWith("-");
        if (!isOption && command.subcommands().isEmpty()) {
            return "the command takes no further argument, but got '%s'".formatted(word);
        }
        String near = NameSuggestion.closest(
                word,
                isOption ? command.optionsMap().keySet() : command.subcommands().keySet());
        return "there is no %s '%s'".formatted(isOption ? "option" : "command", word)
                + (near == null ? "" : "; did you mean %s?".formatted(near));
    }

    /// Reports why a command was refused before it opened a batch: a sentence, never a stack trace.
    private static int report(Exception problem, CommandLine command) {
        switch (problem) {
            case JobFileException mistakes -> command.getErr().println(mistakes.getMessage());
            case FailureException failure -> command.getErr().println("nightshift: " + failure.getMessage());
            default -> {
                command.getErr().println(UNEXPECTED + problem);
                org.slf4j.LoggerFactory.getLogger(Main.class).error("unexpected", problem);
            }
        }
        return ExitStatus.NOTHING_STARTED;
    }
}
