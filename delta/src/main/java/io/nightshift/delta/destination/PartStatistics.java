package io.nightshift.delta.destination;

import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Literal;
import io.delta.kernel.statistics.DataFileStatistics;
import io.delta.kernel.types.ByteType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.DecimalType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.FloatType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.ShortType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampNTZType;
import io.delta.kernel.types.TimestampType;
import io.nightshift.destination.lake.FileFooters;
import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.destination.lake.PublishedParts.Part;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ParallelRequests;
import io.nightshift.storage.objectstore.StoredObject;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The statistics of a batch's files in the log of a table, by which readers skip files: the number of NULLs of
/// each column, and bounds of its values. They come from the footers of the files, which are read once. For one
/// thread.
///
/// A bound may be wider than the values, and is never narrower. Numbers, texts, dates and timestamps have bounds.
/// Readers such as Spark sort NaN after all numbers. DuckDB writes no bounds of a column with NaN into a footer, so
/// there are none in the log.
final class PartStatistics {

    /// The characters of a bound, as in the tables of Spark.
    private static final int TRUNCATED = 32;

    private static final String LAST_CHARACTER = Character.toString(Character.MAX_CODE_POINT);
    private static final LocalDateTime EPOCH = LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC);
    private static final long MICROS_OF_MILLI = 1_000;
    private static final long END_OF_YEAR_9999 =
            ChronoUnit.MICROS.between(EPOCH, LocalDate.of(10_000, 1, 1).atStartOfDay());

    private final PublishedParts files;
    private final Supplier<DuckDb> duckDb;
    private final ObjectCopies copies;
    private @Nullable Map<Part, Map<String, FileFooters.Column>> footers;

    /// @param duckDb opened when first needed
    /// @param copies of objects, if the files are in an object store
    PartStatistics(PublishedParts files, Supplier<DuckDb> duckDb, ObjectCopies copies) {
        this.files = files;
        this.duckDb = duckDb;
        this.copies = copies;
    }

    PublishedParts files() {
        return files;
    }

    /// The statistics of a file.
    ///
    /// @param schema of the table
    /// @param columns those that the table wants to have statistics
    /// @throws FailureException if the footers can't be read
    DataFileStatistics of(Part part, StructType schema, List<Column> columns) {
        if (footers == null) {
            footers = ObjectAddress.isAddress(files.place()) ? ofObjects() : ofFiles();
        }
        Map<String, FileFooters.Column> footer = Objects.requireNonNull(footers.get(part));
        Map<Column, Literal> least = new HashMap<>();
        Map<Column, Literal> greatest = new HashMap<>();
        Map<Column, Long> nulls = new HashMap<>();
        for (StructField field : schema.fields()) {
            Column name = new Column(field.getName());
            FileFooters.Column column = footer.get(field.getName());
            if (column == null || !columns.contains(name)) {
                continue;
            }
            if (column.nulls() != null) {
                nulls.put(name, column.nulls());
            }
            DataType type = field.getDataType();
            put(least, name, bound(type, column, false));
            put(greatest, name, bound(type, column, true));
        }
        return new DataFileStatistics(part.rows(), least, greatest, nulls, Optional.empty());
    }

    private static void put(Map<Column, Literal> bounds, Column name, @Nullable Literal bound) {
        if (bound != null) {
            bounds.put(name, bound);
        }
    }

    private Map<Part, Map<String, FileFooters.Column>> ofFiles() {
        Map<Part, String> paths = new HashMap<>();
        files.parts().forEach(part -> paths.put(part, files.location(part)));
        return read(paths);
    }

    private Map<Part, Map<String, FileFooters.Column>> ofObjects() {
        Map<Part, ObjectCopies.Use> uses = new ConcurrentHashMap<>();
        try {
            ParallelRequests.run(files.parts(), part -> uses.put(part, footer(part)));
            Map<Part, String> paths = new HashMap<>();
            uses.forEach((part, use) -> paths.put(part, use.copy().file().toString()));
            return read(paths);
        } finally {
            uses.values().forEach(ObjectCopies.Use::close);
        }
    }

    private Map<Part, Map<String, FileFooters.Column>> read(Map<Part, String> paths) {
        Map<String, Map<String, FileFooters.Column>> columns = FileFooters.read(duckDb.get(), paths.values());
        Map<Part, Map<String, FileFooters.Column>> read = new HashMap<>();
        paths.forEach((part, path) -> read.put(part, Objects.requireNonNull(columns.get(path))));
        return read;
    }

    private ObjectCopies.Use footer(Part part) {
        ObjectAddress address = ObjectAddress.of(files.location(part));
        ObjectStore store = copies.stores().forWriting(address);
        StoredObject found = store.find(address);
        if (found == null) {
            throw FailureException.permanent("%s is missing".formatted(address));
        }
        return copies.footer(store, found, FetchControl.NONE);
    }

    private static @Nullable Literal bound(DataType type, FileFooters.Column column, boolean isUpper) {
        return switch (type) {
            case ByteType _, ShortType _, IntegerType _, LongType _ -> {
                Long bound = bound(column, PartStatistics::whole, isUpper);
                yield bound == null ? null : number(type, bound);
            }
            case FloatType _ -> {
                Double bound = bound(column, PartStatistics::finite, isUpper);
                yield bound == null ? null : Literal.ofFloat(bound.floatValue());
            }
            case DoubleType _ -> {
                Double bound = bound(column, PartStatistics::finite, isUpper);
                yield bound == null ? null : Literal.ofDouble(bound);
            }
            case DecimalType decimal -> {
                BigDecimal bound = bound(column, BigDecimal::new, isUpper);
                yield bound == null
                        ? null
                        : Literal.ofDecimal(
                                bound.setScale(decimal.getScale()), decimal.getPrecision(), decimal.getScale());
            }
            case StringType _ -> {
                Text bound = bound(column, Text::new, isUpper);
                String truncated = bound == null ? null : truncated(bound.text(), isUpper);
                yield truncated == null ? null : Literal.ofString(truncated);
            }
            case DateType _ -> {
                Integer bound = bound(column, PartStatistics::day, isUpper);
                yield bound == null ? null : Literal.ofDate(bound);
            }
            case TimestampType _ -> {
                Long bound = millis(bound(column, PartStatistics::micros, isUpper), isUpper);
                yield bound == null ? null : Literal.ofTimestamp(bound);
            }
            case TimestampNTZType _ -> {
                Long bound = millis(bound(column, PartStatistics::micros, isUpper), isUpper);
                yield bound == null ? null : Literal.ofTimestampNtz(bound);
            }
            default -> null;
        };
    }

    private static <T extends Comparable<T>> @Nullable T bound(
            FileFooters.Column column, Function<String, @Nullable T> parse, boolean isUpper) {
        return isUpper
                ? column.greatest(parse, Comparator.<T>naturalOrder())
                : column.least(parse, Comparator.<T>naturalOrder());
    }

    private static Literal number(DataType type, long value) {
        return switch (type) {
            case ByteType _ -> Literal.ofByte((byte) value);
            case ShortType _ -> Literal.ofShort((short) value);
            case IntegerType _ -> Literal.ofInt((int) value);
            default -> Literal.ofLong(value);
        };
    }

    private static Long whole(String text) {
        return Long.valueOf(text);
    }

    /// JSON has no infinite numbers.
    private static @Nullable Double finite(String text) {
        return text.endsWith("inf") || text.endsWith("nan") ? null : Double.valueOf(text);
    }

    /// None for years before 1 or after 9999, which DuckDB writes in its own way.
    private static @Nullable Integer day(String text) {
        try {
            return Math.toIntExact(LocalDate.parse(text).toEpochDay());
        } catch (DateTimeParseException _) {
            return null;
        }
    }

    private static @Nullable Long micros(String text) {
        try {
            return ChronoUnit.MICROS.between(
                    EPOCH, LocalDateTime.parse(text.replaceFirst("[+]00$", "").replace(' ', 'T')));
        } catch (DateTimeParseException _) {
            return null;
        }
    }

    /// The log has milliseconds.
    private static @Nullable Long millis(@Nullable Long micros, boolean isUpper) {
        if (micros == null) {
            return null;
        }
        long bound = isUpper
                ? Math.ceilDiv(micros, MICROS_OF_MILLI) * MICROS_OF_MILLI
                : Math.floorDiv(micros, MICROS_OF_MILLI) * MICROS_OF_MILLI;
        return bound < END_OF_YEAR_9999 ? bound : null;
    }

    /// A text in the order of its bytes in UTF-8, by which readers compare.
    private record Text(String text) implements Comparable<Text> {

        @Override
        public int compareTo(Text other) {
            return Arrays.compareUnsigned(
                    text.getBytes(StandardCharsets.UTF_8), other.text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /// The beginning of a text. An upper bound gets the last character of all at its end.
    private static @Nullable String truncated(String text, boolean isUpper) {
        if (text.codePointCount(0, text.length()) <= TRUNCATED) {
            return text;
        }
        int end = text.offsetByCodePoints(0, TRUNCATED);
        String beginning = text.substring(0, end);
        if (!isUpper) {
            return beginning;
        }
        return text.startsWith(LAST_CHARACTER, end) ? null : beginning + LAST_CHARACTER;
    }
}
