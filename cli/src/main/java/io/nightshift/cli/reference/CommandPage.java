package io.nightshift.cli.reference;

import io.nightshift.cli.CommandGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// A command as its documentation shows it. The options `--help` and `--version` are left out of the
/// synopsis and the lists, because every command has them.
///
/// @param name with the names of the commands above it, such as `nightshift batch list`
/// @param description what it does, in one text
/// @param synopsis the words after the name; each option is one word with its value
/// @param arguments the positional parameters
/// @param exitStatuses what each exit status means, if the command says so itself
/// @param footer lines of further text
/// @param subcommands in the order in which the help lists them
record CommandPage(
        String name,
        String description,
        List<String> synopsis,
        List<Entry> arguments,
        List<Entry> options,
        Map<String, String> exitStatuses,
        List<String> footer,
        List<CommandPage> subcommands) {

    /// Options of many commands, which come after a command's own.
    private static final Set<String> COMMON = Set.of(
            "--output", "--server", "--token-file", "--ca", "--certificate", "--private-key", "--home", "--config");

    CommandPage {
        synopsis = List.copyOf(synopsis);
        arguments = List.copyOf(arguments);
        options = List.copyOf(options);
        exitStatuses = new LinkedHashMap<>(exitStatuses);
        footer = List.copyOf(footer);
        subcommands = List.copyOf(subcommands);
    }

    /// An argument or an option.
    ///
    /// @param term such as `-o, --output FORMAT`
    /// @param isCommon whether many commands have it
    record Entry(String term, String meaning, boolean isCommon) {
        Entry(String term, String meaning) {
            this(term, meaning, false);
        }
    }

    static CommandPage of(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        List<OptionSpec> options = spec.options().stream()
                .filter(option -> !option.hidden() && !option.usageHelp() && !option.versionHelp())
                .sorted(Comparator.comparing(CommandPage::isCommon))
                .toList();
        List<PositionalParamSpec> positionals = spec.positionalParameters().stream()
                .filter(positional -> !positional.hidden())
                .toList();
        return new CommandPage(
                spec.qualifiedName(),
                text(spec.usageMessage().description()),
                synopsis(spec, positionals, options),
                positionals.stream()
                        .map(positional -> new Entry(positional.paramLabel(), text(positional.description())))
                        .toList(),
                options.stream()
                        .map(option -> new Entry(term(option), text(option.description()), isCommon(option)))
                        .toList(),
                spec.usageMessage().exitCodeList(),
                Arrays.stream(spec.usageMessage().footer())
                        .flatMap(line -> line.replace("%n", "\n").lines())
                        .toList(),
                subcommands(command).stream().map(CommandPage::of).toList());
    }

    private static boolean isCommon(OptionSpec option) {
        return COMMON.contains(option.longestName());
    }

    /// The commands below a command, each once, without `help` and hidden ones.
    static Collection<CommandLine> subcommands(CommandLine command) {
        return command.getSubcommands().values().stream()
                .distinct()
                .filter(below -> !below.getCommandSpec().helpCommand()
                        && !below.getCommandSpec().usageMessage().hidden())
                .toList();
    }

    /// This page and those of all commands below it.
    Stream<CommandPage> all() {
        return Stream.concat(Stream.of(this), subcommands.stream().flatMap(CommandPage::all));
    }

    private static String text(String... lines) {
        return String.join(" ", lines).replace("%n", " ").strip();
    }

    private static String term(OptionSpec option) {
        String names = String.join(", ", sorted(option));
        return takesValue(option) ? names + " " + option.paramLabel() : names;
    }

    private static List<String> sorted(OptionSpec option) {
        return Arrays.stream(option.names())
                .sorted(Comparator.comparingInt(String::length))
                .toList();
    }

    static boolean takesValue(OptionSpec option) {
        return option.arity().max() > 0;
    }

    private static List<String> synopsis(
            CommandSpec spec, List<PositionalParamSpec> positionals, List<OptionSpec> options) {
        List<String> words = new ArrayList<>();
        if (!spec.subcommands().isEmpty() && !runsItself(spec)) {
            words.add("COMMAND");
        }
        Set<ArgSpec> alternatives = new HashSet<>();
        for (ArgGroupSpec group : spec.argGroups()) {
            if (group.exclusive()) {
                words.add(alternatives(group));
                alternatives.addAll(group.args());
            }
        }
        for (PositionalParamSpec positional : positionals) {
            if (!alternatives.contains(positional)) {
                words.add(bracketed(positional, positional.paramLabel()));
            }
        }
        Stream.concat(
                        options.stream().filter(OptionSpec::required),
                        options.stream().filter(option -> !option.required()))
                .filter(option -> !alternatives.contains(option))
                .map(CommandPage::word)
                .forEach(words::add);
        return words;
    }

    private static boolean runsItself(CommandSpec spec) {
        return spec.userObject() instanceof Callable<?> && !(spec.userObject() instanceof CommandGroup);
    }

    /// Arguments of which one is given, such as `(JOB | --all)`.
    private static String alternatives(ArgGroupSpec group) {
        String choice = Stream.concat(
                        group.positionalParameters().stream().map(PositionalParamSpec::paramLabel),
                        group.options().stream().map(CommandPage::withValue))
                .collect(Collectors.joining(" | "));
        return (group.multiplicity().min() > 0 ? "(%s)" : "[%s]").formatted(choice);
    }

    private static String word(OptionSpec option) {
        return bracketed(option, withValue(option));
    }

    private static String withValue(OptionSpec option) {
        String name = sorted(option).getFirst();
        return takesValue(option) ? name + " " + option.paramLabel() : name;
    }

    private static String bracketed(ArgSpec argument, String text) {
        boolean isRequired =
                argument instanceof PositionalParamSpec ? argument.arity().min() > 0 : argument.required();
        return (isRequired ? text : "[" + text + "]") + (argument.isMultiValue() ? "..." : "");
    }

    /// The synopsis in lines of at most so many characters, as far as its words allow.
    String synopsis(int width) {
        StringBuilder lines = new StringBuilder(name);
        int column = name.length();
        for (String word : synopsis) {
            if (column + 1 + word.length() > width) {
                lines.append('\n').append(" ".repeat(name.length()));
                column = name.length();
            }
            lines.append(' ').append(word);
            column += 1 + word.length();
        }
        return lines.toString();
    }
}
