package io.nightshift.protocol.job;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The type of a job's parameter: which values it has, and how they are written into paths and SQL.
public enum ParameterType {

    /// At most 200 characters, without control characters.
    TEXT("a text of 1 to 200 characters without control characters"),

    /// A whole number of 64 bits.
    INTEGER("a whole number"),

    /// A day of the ISO calendar, such as `2026-11-25`.
    DATE("a date such as 2026-11-25"),

    /// A date and a time of day without a time zone, such as `2026-11-25T22:30`, to the second.
    TIMESTAMP("a date and time without a time zone, such as 2026-11-25T22:30");

    private static final int LONGEST_TEXT = 200;
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,19}");
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter SQL_SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

    private final String expectation;

    ParameterType(String expectation) {
        this.expectation = expectation;
    }

    /// The name in a job file, such as `date`.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The values of the type, in words.
    public String expectation() {
        return expectation;
    }

    /// The value that a text stands for, in the one form by which values are compared; empty if the text is no
    /// value of the type. `+07` becomes `7`, and `2026-11-25T22:30` becomes `2026-11-25T22:30:00`.
    public Optional<String> canonical(String text) {
        try {
            return switch (this) {
                case TEXT ->
                    text.isBlank()
                                    || text.length() > LONGEST_TEXT
                                    || text.chars().anyMatch(Character::isISOControl)
                            ? Optional.empty()
                            : Optional.of(text);
                case INTEGER ->
                    WHOLE.matcher(text).matches()
                            ? Optional.of(String.valueOf(new BigInteger(text).longValueExact()))
                            : Optional.empty();
                case DATE ->
                    fourDigits(
                            LocalDate.parse(text).getYear(),
                            LocalDate.parse(text).toString());
                case TIMESTAMP -> {
                    LocalDateTime time = LocalDateTime.parse(text);
                    yield time.equals(time.truncatedTo(ChronoUnit.SECONDS))
                            ? fourDigits(time.getYear(), SECONDS.format(time))
                            : Optional.empty();
                }
            };
        } catch (DateTimeException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> fourDigits(int year, String text) {
        return year >= 1 && year <= 9999 ? Optional.of(text) : Optional.empty();
    }

    /// A DuckDB SQL literal, which stands for itself wherever an expression may contain a value.
    ///
    /// @param value in canonical form
    String literal(String value) {
        return switch (this) {
            case TEXT -> quoted(value);
            // In parentheses, so that no minus sign begins a comment.
            case INTEGER -> "(" + value + ")";
            case DATE -> "DATE '" + value + "'";
            case TIMESTAMP -> "TIMESTAMP '" + SQL_SECONDS.format(LocalDateTime.parse(value)) + "'";
        };
    }

    static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /// Whether values can be written by a pattern such as `yyyy/MM/dd`.
    boolean hasPatterns() {
        return this == DATE || this == TIMESTAMP;
    }

    /// A value written by a pattern of [DateTimeFormatter]; empty if the pattern is invalid, or has fields that
    /// the type lacks.
    ///
    /// @param value in canonical form
    Optional<String> formatted(String value, String pattern) {
        try {
            TemporalAccessor time = this == DATE ? LocalDate.parse(value) : LocalDateTime.parse(value);
            return Optional.of(DateTimeFormatter.ofPattern(pattern, Locale.ROOT).format(time));
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /// The type with a name, as a job file writes it; empty if there is none.
    static Optional<ParameterType> of(String text) {
        for (ParameterType type : values()) {
            if (type.text().equals(text)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
