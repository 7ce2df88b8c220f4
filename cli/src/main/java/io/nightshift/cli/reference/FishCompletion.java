package io.nightshift.cli.reference;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Writes fish's completion of the program: a call of `complete` for each command, option and argument,
/// each with the command that it belongs to as its condition.
final class FishCompletion {

    private final String name;
    private final StringBuilder script = new StringBuilder();

    private FishCompletion(String name) {
        this.name = name;
    }

    static String of(CommandLine program) {
        FishCompletion completion = new FishCompletion(program.getCommandName());
        completion.functions(program);
        completion.command(program);
        return completion.script.toString();
    }

    private void functions(CommandLine program) {
        String commands = CommandPage.of(program)
                .all()
                .skip(1)
                .map(page -> quoted(page.name().substring(name.length() + 1)))
                .collect(Collectors.joining(" "));
        script.append("""
                # Written by `%1$s completion fish`.

                # Whether the cursor is behind this command, such as "batch list".
                function __%1$s_at
                    set -l command
                    for word in (commandline -opc)[2..]
                        set -l longer (string trim -- "$command $word")
                        if contains -- $longer %2$s
                            set command $longer
                        end
                    end
                    test "$command" = "$argv[1]"
                end

                complete -c %1$s -f
                """.formatted(name, commands));
    }

    private void command(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        Collection<CommandLine> below = CommandPage.subcommands(command);
        String path = spec.qualifiedName().substring(name.length()).strip();
        for (CommandLine one : below) {
            complete(path, "-a " + one.getCommandName(), CommandPage.of(one).description());
        }
        spec.positionalParameters().stream()
                .filter(positional -> !positional.hidden() && below.isEmpty())
                .filter(positional -> Completion.isPath(positional)
                        || !Completion.values(positional).isEmpty())
                .forEach(positional -> complete(path, value(positional), ""));
        spec.options().stream()
                .filter(option -> !option.hidden())
                .forEach(option -> complete(path, option(option), String.join(" ", option.description())));
        below.forEach(this::command);
    }

    private void complete(String path, String what, String description) {
        script.append("complete -c %s -n %s %s"
                .formatted(name, quoted("__%s_at %s".formatted(name, quoted(path))), what));
        if (!description.isEmpty()) {
            script.append(" -d ").append(quoted(description.replace("%n", " ")));
        }
        script.append('\n');
    }

    private static String option(OptionSpec option) {
        String names = List.of(option.names()).stream()
                .map(one -> one.startsWith("--") ? "-l " + one.substring(2) : "-s " + one.substring(1))
                .collect(Collectors.joining(" "));
        return CommandPage.takesValue(option) ? names + " -r " + value(option) : names;
    }

    private static String value(ArgSpec argument) {
        List<String> values = Completion.values(argument);
        if (values.isEmpty()) {
            return Completion.isPath(argument) ? "-F" : "-f";
        }
        return "-f -a " + quoted(String.join(" ", values));
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
