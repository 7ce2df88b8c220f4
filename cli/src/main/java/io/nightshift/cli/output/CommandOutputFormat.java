package io.nightshift.cli.output;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The values of `-o`.
public enum CommandOutputFormat {
    /// For people.
    TABLE,
    /// For programs.
    JSON;

    /// Reads the option's value.
    public static final class Converter implements ITypeConverter<CommandOutputFormat> {
        @Override
        public CommandOutputFormat convert(String value) {
            for (CommandOutputFormat format : values()) {
                if (format.toString().equals(value)) {
                    return format;
                }
            }
            throw new TypeConversionException("'%s' is neither table nor json".formatted(value));
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
