package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;
import java.util.List;
import java.util.regex.Pattern;

/// The form of a text in a job file. The patterns keep to what the regular expressions of Java and of JSON
/// Schema share.
enum Form {
    NAME(
            "^" + ModelVersion.NAME.pattern() + "$",
            "a name of at most 63 lower-case letters, digits, -, _ and ., starting with a letter or digit"),
    MODEL(
            "^(?!" + Patterns.ADDRESS + ")(" + ModelReference.FILE + "|" + ModelReference.REGISTERED + "|"
                    + MlflowAddress.PATTERN + ")$",
            "a registered model as name, name@3, name@alias or name@sha256:digest, a model of an MLflow server as "
                    + MlflowAddress.EXAMPLES + ", or the path of a model file, which contains a / or ends in "
                    + String.join(", ", ModelReference.EXTENSIONS)),
    PATH(
            "^(?!" + Patterns.ADDRESS + ")" + Patterns.LINE + "$",
            "a path in the file system, not a URL, and not beginning with ~"),
    /// Like a path, and what object stores have instead.
    FILES(
            "^(" + Patterns.BUCKET + "(/[^\\u0000-\\u001f]*)?|(?!" + Patterns.ADDRESS + ")" + Patterns.LINE + ")$",
            "a path in the file system, not beginning with ~, or objects as " + ObjectScheme.examples("key")),
    /// Like a path, and what object stores have instead of a folder.
    PLACE(
            "^(" + Patterns.BUCKET + "(/[^\\u0000-\\u001f*?\\[\\]\\\\]*)?|(?!" + Patterns.ADDRESS + ")" + Patterns.LINE
                    + ")$",
            "a folder in the file system, not beginning with ~, or a prefix of objects as "
                    + ObjectScheme.examples("prefix")),
    DATA_SOURCE(
            "^[a-z0-9][a-z0-9_-]{0,62}$", "the name of a data source: at most 63 lower-case letters, digits, - and _"),
    CATALOG("^[a-z0-9][a-z0-9_-]{0,62}$", "the name of a catalog: at most 63 lower-case letters, digits, - and _"),
    ICEBERG_TABLE(
            "^([A-Za-z_][A-Za-z0-9_]{0,62}[.]){1,8}[A-Za-z_][A-Za-z0-9_]{0,62}$",
            "a table as namespace.name, of letters, digits and _; each name has at most 63"),
    /// A number is one too.
    SNAPSHOT("^[0-9]{1,19}$", "the ID of a snapshot: a number of at most 19 digits"),
    /// A number is one too.
    VERSION("^[0-9]{1,18}$", "a version of the table: a number of at most 18 digits"),
    /// May contain parameters.
    INSTANT(
            "^([0-9TZ:.+-]|[{][A-Za-z_][^{}\\u0000-\\u001f]*[}])+$",
            "a time with an offset from UTC, such as 2026-11-25T06:00:00Z"),
    /// A number is one too.
    REF("^[^\\u0000\\u000a\\u000d]+$", "the name of a branch or tag"),
    KEY_PREFIX(
            "^(?!nightshift$)[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
            "a name of at most 63 letters, digits, -, _ and ., starting with a letter or digit, and not nightshift"),
    TABLE(
            "^(" + Patterns.IDENTIFIER + "{0,62}[.])?" + Patterns.IDENTIFIER + "{0,"
                    + (PostgresDestination.MAX_TABLE - 1) + "}$",
            "a table as name or schema.name, without quotes; a name has at most " + PostgresDestination.MAX_TABLE
                    + " letters, a schema's 63"),
    WAREHOUSE_TABLE(
            "^([A-Za-z_][A-Za-z0-9_$]{0,126}[.]){0,2}[A-Za-z_][A-Za-z0-9_$]{0,126}$",
            "a table as name, schema.name or database.schema.name, without quotes, of letters, digits, _ and $"),
    SOURCE_TABLE(
            "^(" + Patterns.IDENTIFIER + "{0,63}[.])?" + Patterns.IDENTIFIER + "{0,63}$",
            "a table as name or schema.name, without quotes; each has at most 64 letters"),
    COLUMN("^" + Patterns.LINE + "$", "a column name"),
    BASELINE(
            "^(" + CheckKeys.PREVIOUS + "|[a-z0-9][a-z0-9._-]{0,108}-[0-9]{8}t[0-9]{6}-[0-9a-f]{4})$",
            CheckKeys.PREVIOUS + " or the ID of a batch"),
    CATEGORY("^[^\\u0000]+$", "a category's name"),
    TIME_ZONE(
            "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
            "a time zone of the IANA database, such as Europe/Berlin, or UTC"),
    CRON(
            "^ *(@[a-z]+|[^\\u0000-\\u0020@]+( +[^\\u0000-\\u0020]+){4,5}) *$",
            "a cron expression of five fields, or of six with seconds first, such as \"0 2 * * *\", or a name such as @daily"),
    SIZE(ByteSize.REGEX, "a size such as 256MB or 1GiB, with KB, KiB, MB, MiB, GB or GiB"),
    DATE("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a date such as 2026-11-25"),
    TIME_OF_DAY("^([01][0-9]|2[0-3]):[0-5][0-9]$", "a time of day from 00:00 to 23:59, in quotes"),
    EXPRESSION("^" + Patterns.BLOCK + "$", "a column name or SQL expression"),
    DELIMITER(
            "^(tab|[\\u0001-\\u0009\\u000b\\u000c\\u000e-!#-,/:-@\\[-`{-~])$",
            "one ASCII character that is no letter, digit, double quote, full stop or minus, or tab"),
    QUOTE("^(none|[!-/:-@\\[-`{-~])$", "one ASCII character that is no letter or digit, or none"),
    SEPARATOR("^[ ',._]$", "a comma, a full stop, an apostrophe, an underscore or a space, in quotes"),
    VALUE("^[^\\u0000\\u000a\\u000d]*$", "a text in one line"),
    /// A number is one too.
    BOUND("^[^\\u0000\\u000a\\u000d]+$", "a number or a text in one line"),
    FOLDER("^[A-Za-z_][A-Za-z0-9_]{0,62}$", "a name of at most 63 letters, digits and _, not starting with a digit"),
    TIME_FORMAT(
            "^[^\\u0000\\u000a\\u000d]*%[^\\u0000\\u000a\\u000d]*$",
            "a format such as %d.%m.%Y, with the specifiers of strptime"),
    /// Checked without regard to case, as column names are; a schema can only say it for lower case.
    OUTPUT_COLUMN(
            "^(?!(" + String.join("|", Patterns.RESERVED) + ")$|probability_)" + Patterns.LINE + "$",
            Pattern.CASE_INSENSITIVE,
            "a column name that is not one of the output's own: " + OwnColumns.TEXTS);

    final String regex;
    final Pattern pattern;
    final String expectation;

    Form(String regex, String expectation) {
        this(regex, 0, expectation);
    }

    Form(String regex, int flags, String expectation) {
        this.regex = regex;
        this.pattern = Pattern.compile(regex, flags);
        this.expectation = expectation;
    }

    boolean fits(String text) {
        return pattern.matcher(text).matches();
    }

    /// Whether the text names something outside the file system.
    static boolean isAddress(String text) {
        return ADDRESS.matcher(text).lookingAt();
    }

    private static final Pattern ADDRESS = Pattern.compile(Patterns.ADDRESS);

    /// The names of the output's own columns.
    static final class OwnColumns {
        static final String TEXTS = String.join(", ", Patterns.RESERVED) + ", probability_*";

        private OwnColumns() {}
    }

    private static final class Patterns {
        static final String BUCKET = ObjectScheme.pattern();

        static final String ADDRESS = "[A-Za-z][A-Za-z0-9+.-]*://|[jJ][dD][bB][cC]:|[fF][iI][lL][eE]:|~";
        /// Not blank, and no control characters.
        static final String LINE = " *[^\\u0000-\\u0020][^\\u0000-\\u001f]*";
        /// The beginning of a name that needs no quotes in a job file, up to how often its last part may
        /// stand.
        static final String IDENTIFIER = "[^\\u0000-\\u0020.\"][^\\u0000-\\u001f.\"]";
        /// Not blank; tabs and line ends may stand in it.
        static final String BLOCK = "[\\u0001-\\u0020]*[^\\u0000-\\u0020][^\\u0000]*";
        static final List<String> RESERVED = List.of(
                "record_id",
                "record_file",
                "record_row",
                "prediction",
                "probability",
                "model_name",
                "model_version",
                "batch_id",
                "predicted_at",
                "schema_version");

        private Patterns() {}
    }
}
