package io.nightshift.cli.reference;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.StreamSupport;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.TypeConversionException;

/// The shells that complete the program's commands and options.
public enum Completion {
    BASH("bash-completion/completions/nightshift") {
        @Override
        public String script(CommandLine program) {
            return AutoComplete.bash(program.getCommandName(), program);
        }
    },
    ZSH("zsh/site-functions/_nightshift") {
        @Override
        public String script(CommandLine program) {
            return ZshCompletion.of(program);
        }
    },
    FISH("fish/vendor_completions.d/nightshift.fish") {
        @Override
        public String script(CommandLine program) {
            return FishCompletion.of(program);
        }
    };

    private static final Set<String> PATHS = Set.of("PATH", "MODEL");

    private final String file;

    Completion(String file) {
        this.file = file;
    }

    /// Where the shell looks for the script, below a folder `share`.
    public String file() {
        return file;
    }

    /// The script to be loaded by the shell.
    ///
    /// @param program with all commands
    public abstract String script(CommandLine program);

    /// The values that an argument can have; empty if there is no list of them.
    static List<String> values(ArgSpec argument) {
        Iterable<String> candidates = argument.completionCandidates();
        return candidates == null
                ? List.of()
                : StreamSupport.stream(candidates.spliterator(), false).toList();
    }

    /// Whether an argument's value can be a path. A text that may be a path, such as a glob, has no type of
    /// its own.
    static boolean isPath(ArgSpec argument) {
        Class<?> type = argument.isMultiValue() ? argument.auxiliaryTypes()[0] : argument.type();
        return type == Path.class || PATHS.contains(argument.paramLabel());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Reads a shell's name.
    public static final class Converter implements ITypeConverter<Completion> {
        @Override
        public Completion convert(String value) {
            for (Completion shell : values()) {
                if (shell.toString().equals(value)) {
                    return shell;
                }
            }
            throw new TypeConversionException("'%s' is none of bash, zsh and fish".formatted(value));
        }
    }
}
