package io.nightshift.system.documentation;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The commands of a line of shell, as far as the documentation uses the shell: words, quotes, comments, pipes
/// and lists of commands. Nothing is expanded.
final class ShellLine {

    private static final Pattern ASSIGNMENT = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*=.*");

    /// `nightshift`, `./nightshift`, `nightshift-0.1.0/bin/nightshift`, and the same in a systemd unit.
    private static final Pattern PROGRAM = Pattern.compile("(ExecStart=)?([^ =]*/)?nightshift");

    private final String line;
    private final List<List<String>> commands = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;
    private boolean isRedirection;
    private int at;

    private ShellLine(String line) {
        this.line = line;
        commands.add(new ArrayList<>());
    }

    /// The arguments of each `nightshift` in a line; empty if the line does not call it.
    static List<List<String>> calls(String line) {
        return new ShellLine(line)
                .split().stream()
                        .map(ShellLine::arguments)
                        .filter(arguments -> arguments != null)
                        .toList();
    }

    /// The arguments of `nightshift`, or null if the command is another. The program may come after assignments,
    /// and after the `--` of another program, as in `kubectl exec POD -- nightshift`.
    private static List<String> arguments(List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (PROGRAM.matcher(word).matches() && (i == 0 || isPrefix(words.get(i - 1)))) {
                return words.subList(i + 1, words.size());
            }
        }
        return null;
    }

    private static boolean isPrefix(String word) {
        return word.equals("--")
                || word.equals("sudo")
                || word.equals("time")
                || ASSIGNMENT.matcher(word).matches();
    }

    private List<List<String>> split() {
        while (at < line.length()) {
            char next = line.charAt(at++);
            switch (next) {
                case ' ', '\t', '\n' -> endWord();
                case '\'', '"' -> quoted(next);
                case '\\' -> {
                    if (at < line.length()) {
                        append(line.charAt(at++));
                    }
                }
                case '|', ';', '&' -> {
                    endWord();
                    commands.add(new ArrayList<>());
                }
                case '<', '>' -> {
                    endWord();
                    isRedirection = true;
                }
                case '#' -> {
                    if (inWord) {
                        append(next);
                    } else {
                        at = line.length();
                    }
                }
                default -> append(next);
            }
        }
        endWord();
        return commands;
    }

    private void quoted(char quote) {
        int end = line.indexOf(quote, at);
        if (end < 0) {
            throw new IllegalArgumentException("an open quote: " + line);
        }
        word.append(line, at, end);
        inWord = true;
        at = end + 1;
    }

    private void append(char next) {
        word.append(next);
        inWord = true;
    }

    private void endWord() {
        if (inWord) {
            // The word after < or > names a file.
            if (!isRedirection) {
                commands.getLast().add(word.toString());
            }
            isRedirection = false;
        }
        word.setLength(0);
        inWord = false;
    }
}
