package io.nightshift.testing.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A system call of a program, as `strace -f -y` reports it.
///
/// @param name such as `fsync`
/// @param arguments as text; `-y` adds the path to a file descriptor
/// @param begin the number of the line in which it began
/// @param end the number of the line in which it ended
public record SystemCall(String name, String arguments, int begin, int end) {

    private static final Pattern WHOLE = Pattern.compile("(\\d+) +(\\w+)\\((.*)\\) += .*");
    private static final Pattern BEGUN = Pattern.compile("(\\d+) +(\\w+)\\((.*) <unfinished \\.\\.\\.>");
    private static final Pattern RESUMED = Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)\\) += .*");

    /// The system calls in a trace, in the order in which they ended.
    public static List<SystemCall> parse(List<String> trace) {
        List<SystemCall> calls = new ArrayList<>();
        Map<String, SystemCall> begun = new HashMap<>();
        for (int line = 0; line < trace.size(); line++) {
            Matcher whole = WHOLE.matcher(trace.get(line));
            Matcher first = BEGUN.matcher(trace.get(line));
            Matcher second = RESUMED.matcher(trace.get(line));
            if (second.matches()) {
                SystemCall half = begun.remove(second.group(1));
                if (half != null) {
                    calls.add(new SystemCall(half.name, half.arguments + second.group(3), half.begin, line));
                }
            } else if (first.matches()) {
                begun.put(first.group(1), new SystemCall(first.group(2), first.group(3), line, line));
            } else if (whole.matches()) {
                calls.add(new SystemCall(whole.group(2), whole.group(3), line, line));
            }
        }
        return calls;
    }

    /// Whether it forces a file or folder to the disk.
    public boolean forces(String path) {
        return name.matches("fsync|fdatasync") && arguments.endsWith("<" + path + ">");
    }

    /// Whether it changes the content of a file.
    public boolean writes(String path) {
        return name.matches("write|pwrite64|ftruncate") && arguments.contains("<" + path + ">");
    }

    /// Whether it renames a file.
    ///
    /// @param from the end of a path
    /// @param to the end of a path
    public boolean renames(String from, String to) {
        return name.startsWith("rename") && arguments.matches(".*%s\", .*%s\".*".formatted(from, to));
    }
}
