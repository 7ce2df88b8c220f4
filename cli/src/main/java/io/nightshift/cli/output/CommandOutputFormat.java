package io.nightshift.cli.output;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The values of `-o`.
public enum CommandOutputFormat {
    /// For people.
    TABLE,
    /// For programs.
    JSON,
    /// For programs and people. Commands print JSON, which [YamlOutput] converts.
    YAML;

    /// Reads the option's value.
    public static final class Converter implements ITypeConverter<CommandOutputFormat> {
        @Override
        public CommandOutputFormat convert(String value) {
            for (CommandOutputFormat format : values()) {
                if (format.toString().equals(value)) {
                    return format;
                }
            }
            throw new TypeConversionException("'%s' is not an output format; use table, json or yaml".formatted(value));
        }
    }

    /// Whether a command prints JSON.
    public boolean isForPrograms() {
        return this != TABLE;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
