package io.nightshift.cli.reference;

import io.nightshift.cli.reference.CommandPage.Entry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/// The parts of `docs/reference/cli.md` that are written from the program's commands. Each stands between
/// two comments:
///
/// ```
/// <!-- command: batch list -->
/// <!-- end of command -->
/// ```
///
/// The options that many commands have stand once, in the part `(common options)`.
public final class ReferencePage {

    private static final String END = "<!-- end of command -->";
    private static final int WIDTH = 100;
    private static final String COMMON = "(common options)";

    private ReferencePage() {}

    /// The page with the parts of all commands as they are now.
    ///
    /// @throws IllegalArgumentException if the page has no place for a command, or one for an unknown command
    public static String updated(String page, CommandLine program) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put(COMMON, commonOptions(CommandPage.of(program)));
        CommandPage.of(program)
                .all()
                .skip(1)
                .forEach(command ->
                        parts.put(command.name().substring(command.name().indexOf(' ') + 1), part(command)));
        StringBuilder updated = new StringBuilder();
        String rest = page;
        String opening = "<!-- command: ";
        for (int begin = rest.indexOf(opening); begin >= 0; begin = rest.indexOf(opening)) {
            int nameEnd = rest.indexOf(" -->", begin);
            String name = rest.substring(begin + opening.length(), nameEnd);
            String part = parts.remove(name);
            if (part == null) {
                throw new IllegalArgumentException("the page shows a command that does not exist, or twice: " + name);
            }
            updated.append(rest, 0, nameEnd)
                    .append(" -->\n\n")
                    .append(part)
                    .append('\n')
                    .append(END);
            rest = rest.substring(rest.indexOf(END, nameEnd) + END.length());
        }
        if (!parts.isEmpty()) {
            throw new IllegalArgumentException("the page has no place for " + parts.keySet());
        }
        return updated + rest;
    }

    private static String part(CommandPage command) {
        StringBuilder part =
                new StringBuilder("```txt\n%s\n```\n\n%s\n".formatted(command.synopsis(WIDTH), command.description()));
        table(
                part,
                "command",
                command.subcommands().stream()
                        .map(below -> new Entry(below.name(), below.description()))
                        .toList());
        table(part, "argument", command.arguments());
        table(
                part,
                "option",
                command.options().stream().filter(option -> !option.isCommon()).toList());
        table(
                part,
                "exit status",
                command.exitStatuses().entrySet().stream()
                        .map(status -> new Entry(status.getKey().strip(), status.getValue()))
                        .toList());
        return part.toString();
    }

    private static String commonOptions(CommandPage program) {
        StringBuilder part = new StringBuilder();
        table(
                part,
                "option",
                program.all()
                        .flatMap(command -> command.options().stream())
                        .filter(Entry::isCommon)
                        .distinct()
                        .toList());
        return part.substring(1);
    }

    private static void table(StringBuilder part, String heading, List<Entry> entries) {
        if (entries.isEmpty()) {
            return;
        }
        part.append("\n| %s | meaning |\n|---|---|\n".formatted(heading));
        for (Entry entry : entries) {
            part.append("| `%s` | %s |\n".formatted(entry.term(), cell(entry.meaning())));
        }
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;");
    }
}
