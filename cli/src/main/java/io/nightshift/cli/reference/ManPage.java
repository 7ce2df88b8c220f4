package io.nightshift.cli.reference;

import io.nightshift.cli.reference.CommandPage.Entry;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/// Writes the man page of a command, in section 1, with the macros of `man(7)`. The text holds no date, so
/// that equal commands give equal pages.
public final class ManPage {

    private static final String PROGRAM = "nightshift";

    private final CommandPage page;
    private final String version;

    private ManPage(CommandPage page, String version) {
        this.page = page;
        this.version = version;
    }

    /// A page for the program and for each of its commands.
    ///
    /// @param program with all commands
    /// @param version of the program
    public static List<ManPage> all(CommandLine program, String version) {
        return CommandPage.of(program)
                .all()
                .map(page -> new ManPage(page, version))
                .toList();
    }

    /// The name of its file, such as `nightshift-batch-list.1`.
    public String file() {
        return title(page.name()) + ".1";
    }

    private static String title(String command) {
        return command.replace(' ', '-');
    }

    /// The page's source.
    public String text() {
        StringBuilder text = new StringBuilder(".\\\" Written by the build from the program's commands.\n");
        text.append(".TH \"%s\" \"1\" \"\" \"%s\" \"Nightshift\"\n"
                .formatted(
                        escaped(title(page.name()).toUpperCase(java.util.Locale.ROOT)),
                        escaped(PROGRAM + " " + version)));
        section(text, "NAME", "%s \\- %s".formatted(escaped(title(page.name())), escaped(firstSentence())));
        section(text, "SYNOPSIS", ".nf\n%s\n.fi".formatted(escaped(page.synopsis(76))));
        section(text, "DESCRIPTION", escaped(page.description()));
        entries(text, "ARGUMENTS", page.arguments());
        entries(text, "OPTIONS", page.options());
        entries(
                text,
                "COMMANDS",
                page.subcommands().stream()
                        .map(command -> new Entry(command.name(), command.description()))
                        .toList());
        entries(
                text,
                "EXIT STATUS",
                page.exitStatuses().entrySet().stream()
                        .map(status -> new Entry(status.getKey().strip(), status.getValue()))
                        .toList());
        String footer = String.join("\n", page.footer()).strip();
        if (!footer.isEmpty()) {
            section(text, "NOTES", ".nf\n%s\n.fi".formatted(escaped(footer)));
        }
        seeAlso(text);
        return text.toString();
    }

    private String firstSentence() {
        String[] sentences = page.description().split("(?<=[.!])\\s", 2);
        return sentences[0].replaceFirst("\\.$", "");
    }

    private void seeAlso(StringBuilder text) {
        List<String> names = page.subcommands().isEmpty()
                ? List.of(page.name().substring(0, page.name().lastIndexOf(' ')))
                : page.subcommands().stream().map(CommandPage::name).toList();
        section(
                text,
                "SEE ALSO",
                names.stream()
                        .map(name -> ".BR %s (1)".formatted(escaped(title(name))))
                        .collect(Collectors.joining(" ,\n")));
    }

    private static void entries(StringBuilder text, String heading, List<Entry> entries) {
        if (!entries.isEmpty()) {
            section(
                    text,
                    heading,
                    entries.stream()
                            .map(entry -> ".TP\n.B %s\n%s".formatted(escaped(entry.term()), escaped(entry.meaning())))
                            .collect(Collectors.joining("\n")));
        }
    }

    private static void section(StringBuilder text, String heading, String content) {
        text.append(".SH ").append(heading).append('\n').append(content).append('\n');
    }

    /// A text that roff shows as it is: no escapes, no requests at the start of a line, and hyphens that
    /// can be copied into a shell.
    private static String escaped(String text) {
        return text.lines()
                .map(line -> line.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq"))
                .map(line -> line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line)
                .collect(Collectors.joining("\n"));
    }
}
