package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Decimal;
import io.nightshift.protocol.job.ValueType.Flag;
import io.nightshift.protocol.job.ValueType.Index;
import io.nightshift.protocol.job.ValueType.Share;
import io.nightshift.protocol.job.ValueType.TextLists;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Threads;
import io.nightshift.protocol.job.ValueType.Time;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Scalar.Kind;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the values of keys that hold one value, or a list of texts. A value that is refused is null.
final class ScalarReader {

    /// Longer numbers aren't worth their parsing time.
    private static final int MAX_DIGITS = 40;

    /// The forms of texts that a number also has.
    private static final Set<Form> NUMBERS = Set.of(Form.BOUND, Form.SNAPSHOT, Form.VERSION, Form.REF);

    /// Null for a job that comes from no folder.
    private final @Nullable Path folder;
    private final JobCheck check;

    ScalarReader(@Nullable Path folder, JobCheck check) {
        this.folder = folder;
        this.check = check;
    }

    @Nullable
    String text(Form form, String expectation, String path, YamlValue value) {
        if (!(value instanceof Scalar scalar) || scalar.kind() == Kind.NOTHING || !form.fits(scalar.text())) {
            check.refuse(value, path, expectation, null);
            return null;
        }
        if (scalar.kind() != Kind.TEXT && !NUMBERS.contains(form)) {
            check.refuse(
                    value, path, expectation, "write it in quotes: \"" + YamlValue.shortened(scalar.text()) + "\"");
            return null;
        }
        if (form == Form.TIME_ZONE && !isTimeZone(scalar.text())) {
            check.refuse(value, path, expectation, Suggestion.nearest(scalar.text(), ZoneId.getAvailableZoneIds()));
            return null;
        }
        if (form == Form.DATE && ParameterType.DATE.canonical(scalar.text()).isEmpty()) {
            check.refuse(value, path, expectation, null);
            return null;
        }
        if (form == Form.INSTANT && !isTime(scalar.text())) {
            check.refuse(value, path, expectation, null);
            return null;
        }
        boolean isPath = form == Form.PATH
                || ((form == Form.FILES || form == Form.PLACE) && !Form.isAddress(scalar.text()))
                || (form == Form.MODEL && ModelReference.isFile(scalar.text()));
        return isPath ? resolved(scalar, path) : scalar.text();
    }

    private static boolean isTime(String text) {
        try {
            return OffsetDateTime.parse(text) != null;
        } catch (DateTimeException _) {
            return false;
        }
    }

    private static boolean isTimeZone(String text) {
        return ZoneId.getAvailableZoneIds().contains(text);
    }

    private @Nullable String resolved(Scalar scalar, String path) {
        try {
            Path given = Path.of(scalar.text());
            if (folder == null && !given.isAbsolute()) {
                check.refuse(scalar, path, "an absolute path, since the job comes from no folder", null);
                return null;
            }
            return (folder == null ? given : folder.resolve(given)).normalize().toString();
        } catch (InvalidPathException e) {
            check.refuse(scalar, path, "a path that this system can have (" + e.getReason() + ")", null);
            return null;
        }
    }

    @Nullable
    List<String> texts(Texts type, String path, YamlValue value) {
        if (value instanceof Scalar && type.orOne()) {
            String text = text(type.form(), type.expectation(), path, value);
            return text == null ? null : List.of(text);
        }
        if (!(value instanceof Sequence sequence) || sequence.items().size() < type.least()) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        List<String> texts = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (YamlValue item : sequence.items()) {
            String text = text(type.form(), type.form().expectation, path, item);
            if (text == null) {
                continue;
            }
            texts.add(text);
            if (!seen.add(type.form() == Form.OUTPUT_COLUMN ? text.toLowerCase(Locale.ROOT) : text)) {
                check.add(new Mistake(item.line(), path, item.found() + " is listed twice", "each value once", null));
            }
        }
        return List.copyOf(texts);
    }

    @Nullable
    List<List<String>> lists(TextLists type, String path, YamlValue value) {
        if (!(value instanceof Sequence sequence)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Texts inner = new Texts(type.form(), 1, false);
        List<List<String>> lists = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            List<String> texts = texts(inner, path, item);
            if (texts == null) {
                continue;
            }
            if (lists.contains(texts)) {
                check.add(new Mistake(item.line(), path, "the same list is given twice", "each list once", null));
            }
            lists.add(texts);
        }
        return lists;
    }

    /// Checks the name of a column, which may not be there twice.
    ///
    /// @return the path of its key
    String columnName(Member entry, String path, Set<String> seen) {
        return columnName(Form.COLUMN, entry, path, seen);
    }

    String columnName(Form form, Member entry, String path, Set<String> seen) {
        String shown = YamlValue.shortened(entry.key());
        String keyPath = JobKey.path(path, shown);
        if (!form.fits(entry.key())) {
            check.add(new Mistake(entry.line(), path, "the name \"" + shown + "\"", form.expectation, null));
        } else if (!seen.add(entry.key().toLowerCase(Locale.ROOT))) {
            String expected = "names that differ in more than upper and lower case";
            check.add(new Mistake(entry.line(), keyPath, "the name is given twice", expected, null));
        }
        return keyPath;
    }

    @Nullable
    Double decimal(Decimal type, String path, YamlValue value) {
        BigDecimal number = number(value);
        if (number != null && Double.isFinite(number.doubleValue())) {
            return number.doubleValue();
        }
        check.refuse(value, path, type.expectation(), null);
        return null;
    }

    @Nullable
    Double index(Index type, String path, YamlValue value) {
        Double index = index(value);
        if (index == null) {
            check.refuse(value, path, type.expectation(), null);
        }
        return index;
    }

    static @Nullable Double index(YamlValue value) {
        BigDecimal number = number(value);
        return number == null || number.signum() < 0 || Double.isInfinite(number.doubleValue())
                ? null
                : number.doubleValue();
    }

    @Nullable
    Boolean flag(Flag type, String path, YamlValue value) {
        if (!(value instanceof Scalar scalar)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        String text = scalar.text().toLowerCase(Locale.ROOT);
        if (scalar.kind() == Kind.BOOLEAN) {
            return text.equals("true");
        }
        String suggestion = switch (text) {
            case "true", "yes", "on", "y" -> "write true, without quotes";
            case "false", "no", "off", "n" -> "write false, without quotes";
            default -> null;
        };
        check.refuse(value, path, type.expectation(), suggestion);
        return null;
    }

    @Nullable
    String choice(Choice type, String path, YamlValue value) {
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && type.texts().contains(scalar.text())) {
            return scalar.text();
        }
        check.refuse(value, path, type.expectation(), null);
        return null;
    }

    @Nullable
    Long whole(Whole type, String path, YamlValue value) {
        BigDecimal number = number(value);
        if (number != null
                && number.compareTo(BigDecimal.valueOf(type.least())) >= 0
                && number.compareTo(BigDecimal.valueOf(type.most())) <= 0
                && number.stripTrailingZeros().scale() <= 0) {
            return number.longValueExact();
        }
        String suggestion = null;
        if (value instanceof Scalar scalar && scalar.kind() == Kind.TEXT) {
            String digits = scalar.text().replaceAll("[_, ]", "");
            suggestion = digits.matches("[0-9]{1,19}") ? "write " + digits + ", without quotes or separators" : null;
        }
        check.refuse(value, path, type.expectation(), suggestion);
        return null;
    }

    @Nullable
    Double share(Share type, String path, YamlValue value) {
        Double share = share(value);
        if (share == null) {
            check.refuse(value, path, type.expectation(), null);
        }
        return share;
    }

    /// The share, or null where the value isn't one.
    static @Nullable Double share(YamlValue value) {
        BigDecimal number = number(value);
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && scalar.text().matches(Share.PER_CENT)) {
            String perCent = scalar.text().substring(0, scalar.text().length() - 1);
            number = new BigDecimal(perCent).movePointLeft(2);
        }
        if (number != null && number.signum() >= 0 && number.compareTo(BigDecimal.ONE) <= 0) {
            return number.doubleValue();
        }
        return null;
    }

    /// The text of a [ThreadLimit].
    @Nullable
    String threads(Threads type, String path, YamlValue value) {
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && scalar.text().matches(Threads.PER_CENT)) {
            return scalar.text();
        }
        BigDecimal number = number(value);
        if (number != null
                && number.signum() > 0
                && number.compareTo(BigDecimal.valueOf(Threads.MOST)) <= 0
                && number.stripTrailingZeros().scale() <= 0) {
            return String.valueOf(number.intValueExact());
        }
        check.refuse(value, path, type.expectation(), null);
        return null;
    }

    @Nullable
    Duration time(Time type, String path, YamlValue value) {
        if (value instanceof Scalar scalar
                && scalar.kind() == Kind.TEXT
                && scalar.text().matches(Time.PATTERN)) {
            String text = scalar.text().toUpperCase(Locale.ROOT);
            return Duration.parse(text.endsWith("D") ? "P" + text : "PT" + text);
        }
        check.refuse(value, path, type.expectation(), null);
        return null;
    }

    /// The number, or null where the value isn't one that a job can hold.
    static @Nullable BigDecimal number(YamlValue value) {
        if (!(value instanceof Scalar scalar) || scalar.text().length() > MAX_DIGITS) {
            return null;
        }
        String text = scalar.text();
        try {
            return switch (scalar.kind()) {
                case WHOLE ->
                    new BigDecimal(
                            text.startsWith("0x")
                                    ? new BigInteger(text.substring(2), 16)
                                    : text.startsWith("0o")
                                            ? new BigInteger(text.substring(2), 8)
                                            : new BigInteger(text));
                case DECIMAL -> new BigDecimal(text);
                case TEXT, BOOLEAN, NOTHING -> null;
            };
        } catch (NumberFormatException _) {
            return null; // .inf, .nan, or an exponent beyond reason
        }
    }
}
