package io.nightshift.cli.reference;

import java.util.Locale;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
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
    };

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
            throw new TypeConversionException("'%s' is neither bash nor zsh".formatted(value));
        }
    }
}
