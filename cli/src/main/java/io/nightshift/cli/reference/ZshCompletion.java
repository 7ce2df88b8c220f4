package io.nightshift.cli.reference;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Writes zsh's completion of the program: a function for each command, over zsh's own `_arguments`.
/// Picocli has one for bash only.
final class ZshCompletion {

    private final StringBuilder script = new StringBuilder();

    private ZshCompletion() {}

    static String of(CommandLine program) {
        String name = program.getCommandName();
        ZshCompletion completion = new ZshCompletion();
        completion.line("#compdef " + name);
        completion.line("# Written by `%s completion zsh`.".formatted(name));
        completion.function(program);
        completion.line("");
        // The file is loaded as the function of its name, or read by source.
        completion.line("if [ \"$funcstack[1]\" = \"_%s\" ]; then".formatted(name));
        completion.line("  _%s \"$@\"".formatted(name));
        completion.line("else");
        completion.line("  compdef _%1$s %1$s".formatted(name));
        completion.line("fi");
        return completion.script.toString();
    }

    private void line(String text) {
        script.append(text).append('\n');
    }

    private static String functionName(CommandSpec spec) {
        return "_" + spec.qualifiedName("_").replace('-', '_');
    }

    private void function(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        Collection<CommandLine> below = CommandPage.subcommands(command);
        List<String> arguments = new ArrayList<>();
        spec.options().stream()
                .filter(option -> !option.hidden())
                .map(ZshCompletion::option)
                .forEach(arguments::add);
        line("");
        line(functionName(spec) + "() {");
        if (below.isEmpty()) {
            spec.positionalParameters().stream()
                    .filter(positional -> !positional.hidden())
                    .map(ZshCompletion::positional)
                    .forEach(arguments::add);
            line("  _arguments -s" + continued(arguments));
        } else {
            line("  local context state state_descr line");
            line("  typeset -A opt_args");
            arguments.add("'1:command:((%s))'"
                    .formatted(below.stream()
                            .map(one -> "%s\\:%s"
                                    .formatted(
                                            one.getCommandName(),
                                            doubleQuoted(CommandPage.of(one).description())))
                            .collect(Collectors.joining(" "))));
            arguments.add("'*::argument:->arguments'");
            line("  _arguments -C -s" + continued(arguments) + " && return");
            line("  [[ $state = arguments ]] || return");
            line("  case $words[1] in");
            for (CommandLine one : below) {
                line("    (%s) %s ;;".formatted(one.getCommandName(), functionName(one.getCommandSpec())));
            }
            line("  esac");
        }
        line("}");
        below.forEach(this::function);
    }

    private static String continued(List<String> arguments) {
        return arguments.stream().map(argument -> " \\\n    " + argument).collect(Collectors.joining());
    }

    /// `'(-o --output)'{-o,--output=}'[…]:FORMAT:(table json)'`.
    private static String option(OptionSpec option) {
        String value = CommandPage.takesValue(option) ? ":" + option.paramLabel() + ":" + action(option) : "";
        List<String> names = java.util.Arrays.stream(option.names())
                .map(name -> CommandPage.takesValue(option) ? name + (name.startsWith("--") ? "=" : "+") : name)
                .toList();
        String explained =
                "'[%s]%s'".formatted(explanation(String.join(" ", option.description())), value.replace("'", "'\\''"));
        if (option.isMultiValue()) {
            return names.stream().map(name -> "'*'" + name + explained).collect(Collectors.joining(" "));
        }
        return names.size() == 1
                ? names.getFirst() + explained
                : "'(%s)'{%s}%s".formatted(String.join(" ", option.names()), String.join(",", names), explained);
    }

    private static String positional(PositionalParamSpec positional) {
        String place = positional.isMultiValue()
                ? "*"
                : String.valueOf(positional.index().min() + 1);
        return "'%s:%s:%s'".formatted(place, positional.paramLabel().replace(":", "\\:"), action(positional));
    }

    private static String action(ArgSpec argument) {
        List<String> values = Completion.values(argument);
        if (values.isEmpty()) {
            return Completion.isPath(argument) ? "_files" : " ";
        }
        return "(" + String.join(" ", values) + ")";
    }

    private static String explanation(String text) {
        return text.replace("%n", " ")
                .replace("\\", "\\\\")
                .replace("[", "\\[")
                .replace("]", "\\]")
                .replace("'", "'\\''");
    }

    /// Inside the single quotes of the specification.
    private static String doubleQuoted(String text) {
        String quoted = text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("$", "\\$")
                .replace("`", "\\`")
                .replace(":", "\\:");
        return '"' + quoted.replace("'", "'\\''") + '"';
    }
}
