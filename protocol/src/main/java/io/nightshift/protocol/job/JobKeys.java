package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The keys of a job file: the one description that the parser checks against, and that the tests hold the
/// JSON Schema and the reference page to.
final class JobKeys {

    /// One key.
    ///
    /// @param fallback what an absent key means, as a reader would write it; null where that is nothing at
    ///     all
    /// @param needs a key of the same section that must be given with this one, or null
    /// @param meaning a sentence or two for the reference page and for editors
    /// @param example a value, as YAML in one line; empty for a section
    record JobKey(
            String name,
            ValueType type,
            boolean required,
            @Nullable Object fallback,
            @Nullable String needs,
            String meaning,
            String example) {

        static JobKey required(String name, ValueType type, String meaning, String example) {
            return new JobKey(name, type, true, null, null, meaning, example);
        }

        static JobKey optional(String name, ValueType type, String meaning, String example) {
            return new JobKey(name, type, false, null, null, meaning, example);
        }

        /// The path of a key inside a section; a top-level key's section is the empty text.
        static String path(String section, String name) {
            return section.isEmpty() ? name : section + "." + name;
        }

        JobKey or(Object value) {
            return new JobKey(name, type, required, value, needs, meaning, example);
        }

        JobKey with(String neededKey) {
            return new JobKey(name, type, required, fallback, neededKey, meaning, example);
        }
    }

    /// The values that a key may have.
    sealed interface ValueType {

        /// In words, after "expected".
        String expectation();
    }

    /// @param kinds the keys of which exactly one is given; empty if there is no such choice
    record Section(List<JobKey> keys, List<String> kinds) implements ValueType {

        /// Whether a file without the section has the defaults of its keys.
        boolean hasDefaults() {
            return kinds.isEmpty() && keys.stream().noneMatch(JobKey::required);
        }

        Section(List<JobKey> keys) {
            this(keys, List.of());
        }

        /// A section of which exactly one key is given.
        static Section choice(List<JobKey> keys) {
            return new Section(keys, keys.stream().map(JobKey::name).toList());
        }

        /// Whether the section is nothing but a choice between its keys.
        boolean choice() {
            return kinds.size() == keys.size();
        }

        @Override
        public String expectation() {
            return kinds.isEmpty()
                    ? "a map with the keys " + String.join(", ", names())
                    : "a map with one of the keys " + String.join(", ", kinds);
        }

        List<String> names() {
            return keys.stream().map(JobKey::name).toList();
        }

        @Nullable
        JobKey key(String name) {
            return keys.stream()
                    .filter(key -> key.name().equals(name))
                    .findFirst()
                    .orElse(null);
        }
    }

    /// A section, or a value of one of its keys, which stands for a section with this key alone.
    ///
    /// @param key of the section, required
    record SectionOr(String key, Section section) implements ValueType {

        JobKey only() {
            return Objects.requireNonNull(section.key(key));
        }

        @Override
        public String expectation() {
            return only().type().expectation() + ", or " + section.expectation();
        }
    }

    record Text(Form form) implements ValueType {
        @Override
        public String expectation() {
            return form.expectation;
        }
    }

    /// No text twice.
    ///
    /// @param least the smallest length
    /// @param orOne whether a text by itself stands for a list of it alone
    record Texts(Form form, int least, boolean orOne) implements ValueType {
        @Override
        public String expectation() {
            String list = (least == 0 ? "a list" : "a list of one or more") + ", each " + form.expectation;
            return orOne ? form.expectation + ", or a list of one or more" : list;
        }
    }

    /// A list of lists, none of them empty.
    record TextLists(Form form) implements ValueType {
        @Override
        public String expectation() {
            return "a list of lists, each of one or more, each " + form.expectation;
        }
    }

    /// A map of the file's own names to expressions. A number or a boolean is an expression too.
    record Expressions() implements ValueType {
        @Override
        public String expectation() {
            return "a map of column names to SQL expressions";
        }
    }

    /// Columns, each by its own name or by a new one, and none twice.
    ///
    /// @param least the smallest number
    record Renames(int least) implements ValueType {
        @Override
        public String expectation() {
            return "a column name, a list of column names, or a map of names to column names";
        }
    }

    /// A list of sections, each with the keys of [Lookup#KEYS].
    record Lookups() implements ValueType {
        @Override
        public String expectation() {
            return "a list of maps, each with one of the keys " + String.join(", ", Lookup.KEYS.kinds()) + ", and on";
        }
    }

    /// A list of two or more sections, each of which chooses a destination.
    record Members() implements ValueType {

        /// What each section may have.
        static Section section() {
            return Section.choice(Kinds.MEMBERS.stream().map(Kind::key).toList());
        }

        @Override
        public String expectation() {
            return "a list of two or more maps, each with one of the keys "
                    + String.join(", ", section().kinds());
        }
    }

    /// A map of the file's own names to types of columns.
    ///
    /// @param nested whether a column may have parts
    record ColumnTypes(boolean nested) implements ValueType {
        @Override
        public String expectation() {
            return "a map of column names to types";
        }
    }

    /// A map of features to lists, each of one or more texts and none twice. A number or a boolean is a text
    /// too.
    record CategoryLists() implements ValueType {
        @Override
        public String expectation() {
            return "a map of features to lists of categories";
        }
    }

    /// A map of the file's own names to types, or to a type with a default.
    record ParameterList() implements ValueType {
        @Override
        public String expectation() {
            return "a map of names to " + JobParameters.types().replaceFirst("^one of the ", "");
        }
    }

    /// A map of parameters to templates of their values, which may contain placeholders of times.
    record Templates() implements ValueType {
        @Override
        public String expectation() {
            return "a map of parameters to values";
        }
    }

    /// A list of maps with the keys `on` and `to`.
    record AlertRules() implements ValueType {
        @Override
        public String expectation() {
            return "a list of maps with the keys on and to";
        }
    }

    /// A map of columns to limits: a share of the rows, an index, or a range of values.
    ///
    /// @param limit the type of each limit; null for ranges
    record ColumnLimits(@Nullable ValueType limit) implements ValueType {

        boolean ranges() {
            return limit == null;
        }

        /// What a column may have instead of the short form.
        Section section() {
            JobKey onFail = JobKey.optional("on-fail", ON_FAIL, "", "");
            return limit == null
                    ? new Section(List.of(
                            JobKey.optional("min", new Decimal(), "", ""),
                            JobKey.optional("max", new Decimal(), "", ""),
                            JobKey.optional("max-rate", new Share(), "", "").or(0.0),
                            onFail))
                    : new Section(List.of(JobKey.required("max", limit, "", ""), onFail));
        }

        String expectationOfColumn() {
            return limit == null
                    ? "two numbers such as [0, 120], the smaller one first, or "
                            + section().expectation()
                    : limit.expectation() + ", or " + section().expectation();
        }

        @Override
        public String expectation() {
            return limit == null
                    ? "a map of columns to ranges"
                    : "a map of columns to " + (limit instanceof Share ? "shares" : "numbers");
        }
    }

    /// A map of classes to texts. A number or a boolean is a class too.
    record Labels() implements ValueType {
        @Override
        public String expectation() {
            return "a map of classes to texts";
        }
    }

    /// A map of columns to thresholds, or to sections.
    record Decisions() implements ValueType {

        /// What a column may have instead of its threshold.
        static final Section SECTION = new Section(List.of(
                JobKey.required("threshold", new Decimal(), "", ""),
                JobKey.optional("class", new Text(Form.BOUND), "", ""),
                JobKey.optional("by", new Text(Form.COLUMN), "", "").with("thresholds"),
                JobKey.optional("thresholds", new Thresholds(), "", "").with("by")));

        @Override
        public String expectation() {
            return "a map of column names to thresholds";
        }
    }

    /// A map of one or more values of a column to numbers.
    record Thresholds() implements ValueType {
        @Override
        public String expectation() {
            return "a map of one or more segments to numbers";
        }
    }

    /// A map of columns to values, or to a value by the name of its type.
    record Constants() implements ValueType {

        static final String VALUE =
                "a text in one line, a number, true, false, or a map of one of the types text, integer, number, boolean, date, timestamp to a value";

        @Override
        public String expectation() {
            return "a map of column names to values";
        }
    }

    /// A map of columns to their new names.
    record NewNames() implements ValueType {
        @Override
        public String expectation() {
            return "a map of column names to new names";
        }
    }

    /// A finite number.
    record Decimal() implements ValueType {
        @Override
        public String expectation() {
            return "a number";
        }
    }

    /// A population stability index: a finite number, 0 or more.
    record Index() implements ValueType {
        @Override
        public String expectation() {
            return "a number, 0 or more";
        }
    }

    record Flag() implements ValueType {
        @Override
        public String expectation() {
            return "true or false";
        }
    }

    /// One of a few texts.
    record Choice(List<String> texts) implements ValueType {
        @Override
        public String expectation() {
            return String.join(" or ", texts);
        }
    }

    record Whole(long least, long most) implements ValueType {
        @Override
        public String expectation() {
            return most == Long.MAX_VALUE
                    ? "a whole number, " + least + " or more"
                    : "a whole number from " + least + " to " + most;
        }
    }

    /// A number from 0 to 1, or a text in per cent.
    record Share() implements ValueType {
        static final String PER_CENT = "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]{1,9})?)%$";

        @Override
        public String expectation() {
            return "a share from 0 to 1, or from 0% to 100%";
        }
    }

    /// A number of threads, or a share of them in per cent.
    record Threads() implements ValueType {
        static final int MOST = 1_000_000;
        static final String PER_CENT = "^(100|[1-9][0-9]?)%$";

        @Override
        public String expectation() {
            return "a number of threads, 1 or more, or a share of them from 1% to 100%";
        }
    }

    /// A duration: a whole number and a unit.
    record Time() implements ValueType {
        static final String PATTERN = "^[0-9]{1,6}[smhd]$";

        @Override
        public String expectation() {
            return "a time such as 90s, 15m, 2h or 1d";
        }
    }

    /// The form of a text. The patterns keep to what the regular expressions of Java and of JSON
    /// Schema share.
    enum Form {
        NAME(
                "^" + ModelVersion.NAME.pattern() + "$",
                "a name of at most 63 lower-case letters, digits, -, _ and ., starting with a letter or digit"),
        MODEL(
                "^(?!" + Patterns.ADDRESS + ")(" + ModelReference.FILE + "|" + ModelReference.REGISTERED + ")$",
                "a registered model as name, name@3, name@alias or name@sha256:digest, or the path of a model file, which contains a / or ends in "
                        + String.join(", ", ModelReference.EXTENSIONS)),
        PATH(
                "^(?!" + Patterns.ADDRESS + ")" + Patterns.LINE + "$",
                "a path in the file system, not a URL, and not beginning with ~"),
        /// Like a path, and what object stores have instead.
        FILES(
                "^(s3://[a-z0-9][a-z0-9._-]{2,62}(/[^\\u0000-\\u001f]*)?|(?!" + Patterns.ADDRESS + ")" + Patterns.LINE
                        + ")$",
                "a path in the file system, not beginning with ~, or objects as s3://bucket/key"),
        /// Like a path, and what object stores have instead of a folder.
        PLACE(
                "^(s3://[a-z0-9][a-z0-9._-]{2,62}(/[^\\u0000-\\u001f*?\\[\\]\\\\]*)?|(?!" + Patterns.ADDRESS + ")"
                        + Patterns.LINE + ")$",
                "a folder in the file system, not beginning with ~, or a prefix of objects as s3://bucket/prefix"),
        DATA_SOURCE(
                "^[a-z0-9][a-z0-9_-]{0,62}$",
                "the name of a data source: at most 63 lower-case letters, digits, - and _"),
        CATALOG("^[a-z0-9][a-z0-9_-]{0,62}$", "the name of a catalog: at most 63 lower-case letters, digits, - and _"),
        ICEBERG_TABLE(
                "^([A-Za-z_][A-Za-z0-9_]{0,62}[.]){1,8}[A-Za-z_][A-Za-z0-9_]{0,62}$",
                "a table as namespace.name, of letters, digits and _; each name has at most 63"),
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
                "^(" + PREVIOUS + "|[a-z0-9][a-z0-9._-]{0,108}-[0-9]{8}t[0-9]{6}-[0-9a-f]{4})$",
                PREVIOUS + " or the ID of a batch"),
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
        FOLDER(
                "^[A-Za-z_][A-Za-z0-9_]{0,62}$",
                "a name of at most 63 letters, digits and _, not starting with a digit"),
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
    }

    static final class AlertCauses {
        static final String TEXTS =
                Stream.of(AlertCause.values()).map(AlertCause::text).collect(Collectors.joining(", "));

        private AlertCauses() {}
    }

    /// The names of the output's own columns.
    static final class OwnColumns {
        static final String TEXTS = String.join(", ", Patterns.RESERVED) + ", probability_*";

        private OwnColumns() {}
    }

    private static final class Patterns {
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

    /// How many checks the keys `checks.rows` and `checks.prediction` stand for.
    static final int CHECKS_OF_ALL_ROWS = 7;

    /// The word of `checks.baseline` for the batch before.
    static final String PREVIOUS = "previous";

    static final Choice ON_FAIL = new Choice(List.of("fail", "hold", "warn"));

    static final Section ROOT = new Section(List.of(
            JobKey.required(
                    "job",
                    new Text(Form.NAME),
                    "The job's name, which is its identity: batches of the same name belong together.",
                    "flight-delays"),
            JobKey.required(
                    "model",
                    new Text(Form.MODEL),
                    "The model that scores the rows. `name` means the version with the alias `champion`, or the newest version if there is no such alias; `name@3` means version 3; `name@alias` means the version to which the alias points; `name@sha256:` and 64 hexadecimal digits mean the version with this digest. A text that contains a `/` or ends in "
                            + String.join(", ", ModelReference.EXTENSIONS)
                            + ", is the path of a model file, which the batch uses by its digest.",
                    "delays@3"),
            JobKey.optional(
                    "features",
                    new Texts(Form.EXPRESSION, 1, false),
                    "The model's inputs, in the model's order: columns of the source, keys of `source.select`, or DuckDB SQL expressions. Omit this key if the model names its features.",
                    "[dep_delay, distance, hour]"),
            JobKey.optional(
                    "categories",
                    new CategoryLists(),
                    "The categories of features whose column holds texts, in the order of the numbers that stand for them in the model, from 0. Omit this key if `nightshift model show` lists the categories.",
                    "{plan: [basic, plus, premium]}"),
            JobKey.optional(
                    JobParameters.KEY,
                    new ParameterList(),
                    "What differs from one run of the job to the next: for each name a type, or a map of `type` and `default`. Paths, and SQL expressions in `features` and `source`, contain `{name}` where the value belongs. `--param name=value` gives the value.",
                    "{day: {type: date, default: 2026-11-25}}"),
            JobKey.required(
                    "source",
                    new Section(
                            keys(
                                    Kinds.INPUTS,
                                    JobKey.optional(
                                            "id",
                                            new Text(Form.COLUMN),
                                            "The column with the record ID. Without it, the file and the position of the row identify a record.",
                                            "flight_id"),
                                    JobKey.optional(
                                                    "unique-id",
                                                    new Flag(),
                                                    "Whether a repeated record ID fails the batch before it is published.",
                                                    "true")
                                            .or(false)
                                            .with("id"),
                                    JobKey.optional(
                                            "join",
                                            new Lookups(),
                                            "Lookups: other files or tables that add columns to each row by a key. A key may be in a lookup once only.",
                                            "[{parquet: customers.parquet, on: customer_id, columns: [segment]}]"),
                                    JobKey.optional(
                                            "select",
                                            new Expressions(),
                                            "Computed columns: for each name, a DuckDB SQL expression over the columns of the source and of its lookups.",
                                            "{hour: hour(departure)}"),
                                    JobKey.optional(
                                            "where",
                                            new Text(Form.EXPRESSION),
                                            "A DuckDB SQL condition over the columns of the source and of its lookups. Only rows that meet it are scored.",
                                            "not cancelled"),
                                    JobKey.optional(
                                                    "unseen-categories",
                                                    new Choice(List.of("missing", "quarantine", "fail")),
                                                    "What happens to a row with a category that the model does not know. `missing`: the category counts as a missing value; if the model accepts none, the row is quarantined. `quarantine`: the row is quarantined. `fail`: the batch fails. The batch counts such rows in any case.",
                                                    "quarantine")
                                            .or("missing"),
                                    JobKey.optional(
                                                    "on-empty",
                                                    new Choice(List.of("publish", "fail")),
                                                    "What happens if the source has no rows, or `where` lets none through: `publish` publishes a batch without predictions; `fail` fails.",
                                                    "fail")
                                            .or("publish"),
                                    JobKey.optional(
                                                    "on-change",
                                                    new Choice(List.of("fail", "extend", "restart")),
                                                    "What happens if the files of the source have changed when the job is run again and its batch is still open. `fail`: the run is refused. `extend`: the batch keeps what it has committed and scores new files, too. `restart`: the batch is cancelled, and a new one scores everything. A table or query of a database has no files: the batch scores the rows that were planned.",
                                                    "extend")
                                            .or("fail")),
                            Kinds.INPUTS.stream().map(Kind::name).toList()),
                    "The rows to score.",
                    ""),
            JobKey.required(
                    "destination",
                    new Section(
                            keys(
                                    Kinds.DESTINATIONS,
                                    JobKey.optional(
                                                    "schema",
                                                    new Choice(List.of("compatible", "new")),
                                                    "Whether the columns may differ from those of the newest published batch of the job at the destination. `compatible`: columns may be added, and a batch that removes a column or changes its type is refused. `new`: any change is allowed. The identity of the job does not depend on this key.",
                                                    "new")
                                            .or("compatible"),
                                    JobKey.optional(
                                            "retention",
                                            new Section(List.of(
                                                    JobKey.optional(
                                                            "keep",
                                                            new Whole(1, 1_000_000),
                                                            "How many published batches of the job are kept, the newest ones.",
                                                            "30"),
                                                    JobKey.optional(
                                                            "for",
                                                            new Time(),
                                                            "How long a batch is kept after its publication.",
                                                            "90d"))),
                                            "Which published batches the cluster [removes](../how-to/retention.md) by itself. With both keys, a batch is removed if it is neither among the newest `keep` nor younger than `for`. Without this section, no batch is removed. The identity of the job does not depend on these keys.",
                                            "")),
                            Kinds.DESTINATIONS.stream().map(Kind::name).toList()),
                    "Where the predictions are written.",
                    ""),
            JobKey.optional(
                    "partitions",
                    new Section(List.of(
                            JobKey.optional(
                                    "rows",
                                    new Whole(1, 1_000_000_000),
                                    "The intended number of rows of a partition. Row groups that are not larger stay whole. Without this key, it is "
                                            + Job.Partitions.DEFAULT_ROWS
                                            + "; with `by`, the rows of a partition value are divided further only if this key is given.",
                                    "100000"),
                            JobKey.optional(
                                    "by",
                                    new Text(Form.EXPRESSION),
                                    "The partition key: a column of the source, a key of `source.select`, or a DuckDB SQL expression. One of `count`, `ranges` and `every` says how its values are divided. A partition has rows of one partition value only.",
                                    "event_time"),
                            JobKey.optional(
                                            "count",
                                            new Whole(2, 10_000),
                                            "The number of buckets to which a hash assigns the values of `by`.",
                                            "16")
                                    .with("by"),
                            JobKey.optional(
                                            "ranges",
                                            new Texts(Form.BOUND, 1, false),
                                            "The bounds between the ranges of `by`, in ascending order. A bound belongs to the range that it begins: `[100, 200]` makes three ranges.",
                                            "[100, 200]")
                                    .with("by"),
                            JobKey.optional(
                                            "every",
                                            new Choice(List.of("1h", "1d", "1mo")),
                                            "The length of the periods into which the times of `by` are divided.",
                                            "1d")
                                    .with("by"),
                            JobKey.optional(
                                            "time-zone",
                                            new Text(Form.TIME_ZONE),
                                            "The time zone in which periods begin. A time without a time zone is taken as UTC. Without this key, it is UTC.",
                                            "Europe/Berlin")
                                    .with("every"),
                            JobKey.optional(
                                            "column",
                                            new Text(Form.OUTPUT_COLUMN),
                                            "The output column that holds the partition value, such as `2026-11-01`.",
                                            "day")
                                    .with("by"),
                            JobKey.optional(
                                            "folder",
                                            new Text(Form.FOLDER),
                                            "The name of folders such as `dt=2026-11-01` in the batch's folder, one for each partition value. For destinations of files.",
                                            "dt")
                                    .with("by"))),
                    "How the input is divided into partitions.",
                    ""),
            JobKey.optional(
                    "errors",
                    new Section(List.of(
                            JobKey.optional(
                                            "max-rate",
                                            new Share(),
                                            "The share of the input's rows that may be quarantined before the batch fails.",
                                            "1%")
                                    .or(Job.ErrorPolicy.DEFAULT_MAX_RATE),
                            JobKey.optional(
                                    "max-rows",
                                    new Whole(0, Long.MAX_VALUE),
                                    "The number of rows that may be quarantined before the batch fails. Without it, only `max-rate` applies.",
                                    "1000"),
                            JobKey.optional(
                                            "on-failed-partition",
                                            new Choice(List.of("fail", "continue")),
                                            "What happens when a partition has used up its attempts: `fail` fails the batch at once; `continue` scores all other partitions first, and then fails the batch with a list of the failed partitions. In neither case is a part of the output published.",
                                            "continue")
                                    .or("fail"))),
                    "Conditions under which quarantined rows or failed partitions fail the batch.",
                    ""),
            JobKey.optional(
                    "checks",
                    new Section(List.of(
                            JobKey.optional(
                                            "on-fail",
                                            ON_FAIL,
                                            "What happens to a batch that fails a check: `fail` fails it; `hold` lets it wait until someone approves it with `nightshift batch approve`, or cancels it; `warn` publishes it, and records the result. Every check may have an `on-fail` of its own.",
                                            "hold")
                                    .or("fail"),
                            JobKey.optional(
                                    "rows",
                                    new Section(List.of(
                                            JobKey.optional(
                                                    "min",
                                                    new Whole(0, Long.MAX_VALUE),
                                                    "The smallest number of rows that `source.where` lets through.",
                                                    "1000000"),
                                            JobKey.optional(
                                                    "max",
                                                    new Whole(0, Long.MAX_VALUE),
                                                    "The largest number of rows that `source.where` lets through.",
                                                    "5000000"),
                                            JobKey.optional(
                                                    "max-change",
                                                    new Share(),
                                                    "How much this number may differ from that of the baseline, as a share of the latter.",
                                                    "20%"),
                                            JobKey.optional(
                                                    "on-fail",
                                                    ON_FAIL,
                                                    "As `checks.on-fail`, for these checks.",
                                                    "warn"))),
                                    "The number of rows.",
                                    ""),
                            JobKey.optional(
                                    "nulls",
                                    new ColumnLimits(new Share()),
                                    "The largest share of rows with a prediction in which a column is NULL or NaN: for each column of the source or key of `source.select` a share, or a map of `max` and `on-fail`.",
                                    "{last_login: 10%, email: {max: 1%, on-fail: warn}}"),
                            JobKey.optional(
                                    "range",
                                    new ColumnLimits(null),
                                    "The smallest and the largest value of a column with numbers, in rows with a prediction: for each column two numbers, or a map of `min`, `max`, `max-rate` (the share of rows that may be outside, 0 without this key) and `on-fail`. NULL and NaN are not outside.",
                                    "{age: [0, 120], price: {min: 0, max-rate: 1%, on-fail: hold}}"),
                            JobKey.optional(
                                    "psi",
                                    new ColumnLimits(new Index()),
                                    "The largest population stability index of a column with numbers, or of a feature, against the baseline: for each of them, or for `all` features, a number, or a map of `max` and `on-fail`. 0.1 is often called a small change, and 0.25 a large one. At most 31 columns.",
                                    "{all: 0.25, country: {max: 0.1, on-fail: warn}}"),
                            JobKey.optional(
                                    "unseen-categories",
                                    new ColumnLimits(new Share()),
                                    "The largest share of rows in which a feature has a category that the model does not know: for each feature, or for `all` of them, a share, or a map of `max` and `on-fail`. Quarantined rows count.",
                                    "{all: 1%, country: 0}"),
                            JobKey.optional(
                                    "prediction",
                                    new Section(List.of(
                                            JobKey.optional(
                                                    "nulls",
                                                    new Share(),
                                                    "The largest share of predictions that are NaN or infinite.",
                                                    "0"),
                                            JobKey.optional("min", new Decimal(), "The smallest prediction.", "0"),
                                            JobKey.optional("max", new Decimal(), "The largest prediction.", "1"),
                                            JobKey.optional(
                                                    "mean-change",
                                                    new Share(),
                                                    "How much the mean of the predictions may differ from that of the baseline, as a share of the latter. Refused for a model of three or more classes.",
                                                    "10%"),
                                            JobKey.optional(
                                                    "psi",
                                                    new Index(),
                                                    "The largest population stability index of the predictions against the baseline.",
                                                    "0.2"),
                                            JobKey.optional(
                                                    "on-fail",
                                                    ON_FAIL,
                                                    "As `checks.on-fail`, for these checks.",
                                                    "warn"))),
                                    "The predictions: the value of a regression, the probability of a model of two classes, and the position of the class, from 0, of a model of more classes.",
                                    ""),
                            JobKey.optional(
                                            "baseline",
                                            new Text(Form.BASELINE),
                                            "The batch that `max-change`, `mean-change` and `psi` compare with: `previous` is the batch of the same job that was submitted last before this one, of those that are published. Any published batch can be named by its ID. If the baseline has not measured something, its check passes.",
                                            "flights-20261127t020000-1f2e")
                                    .or(PREVIOUS))),
                    "Checks of the whole batch before it is published.",
                    ""),
            JobKey.optional(
                    "rollout",
                    new Section(List.of(
                            JobKey.required(
                                    "candidate",
                                    new Text(Form.MODEL),
                                    "The version to try, of the same model as `model`: `name@alias`, `name@3` or `name@sha256:digest`. While the alias does not exist, or names the version that `model` names or one that was rolled back, batches are scored as if there were no rollout. Its features, task and classes must be those of the other version.",
                                    "flights@candidate"),
                            JobKey.optional(
                                            "mode",
                                            new Choice(List.of("canary", "shadow")),
                                            "How the version is tried: `canary` lets it score a share of the partitions first. Only if it keeps the guards there, it scores the others. `shadow` lets it score partitions in addition to the other version. Its predictions are not published, but [compared](../how-to/shadow.md).",
                                            "canary")
                                    .or("canary"),
                            JobKey.optional(
                                            "share",
                                            new Share(),
                                            "With `canary`: the share of the partitions that the candidate scores first, rounded up. They are spread evenly over the batch, and each batch has others.",
                                            "5%")
                                    .or(0.1),
                            JobKey.optional(
                                            "sample",
                                            new Share(),
                                            "With `shadow`: the share of the partitions that the candidate scores in addition, rounded up. They are spread evenly over the batch, and each batch has others.",
                                            "10%")
                                    .or(1.0),
                            JobKey.optional(
                                            "differences",
                                            new Whole(0, 10),
                                            "With `shadow`: how many rows the report shows, with the values of their features, of those that both versions score most differently. The ledger and the manifest contain these values.",
                                            "0")
                                    .or(10L),
                            JobKey.optional(
                                    "guards",
                                    new Section(List.of(
                                            JobKey.optional(
                                                    "quarantined",
                                                    new Share(),
                                                    "The largest share of the rows that may be quarantined.",
                                                    "0.1%"),
                                            JobKey.optional(
                                                    "prediction-nulls",
                                                    new Share(),
                                                    "The largest share of the candidate's predictions that may be NaN or infinite.",
                                                    "0"),
                                            JobKey.optional(
                                                    "prediction-psi",
                                                    new Index(),
                                                    "The largest population stability index of the candidate's predictions against those of the other version for the same rows.",
                                                    "0.2"),
                                            JobKey.optional(
                                                    "agreement",
                                                    new Share(),
                                                    "The smallest share of the rows for which both versions predict the same class. Refused for a regression.",
                                                    "95%"),
                                            JobKey.optional(
                                                    "latency",
                                                    new Index(),
                                                    "The candidate's longest time for a row, as a multiple of the other version's on the same thread.",
                                                    "1.5"))),
                                    "Required with `canary`: the limits that the candidate must keep on these partitions; at least one. Both versions score these rows, and only the candidate's predictions are written.",
                                    "{prediction-psi: 0.2, agreement: 95%}"),
                            JobKey.optional(
                                            "on-pass",
                                            new Choice(List.of("keep", "promote")),
                                            "With `canary`: what happens to a candidate that keeps all guards, in addition to scoring the batch: `promote` moves the alias that `model` names to it when the batch is published, unless somebody has moved the alias meanwhile; `keep` leaves it.",
                                            "promote")
                                    .or("keep"),
                            JobKey.optional(
                                            "on-fail",
                                            new Choice(List.of("rollback", "fail")),
                                            "With `canary`: what happens to the batch if the candidate exceeds a limit or can't score: with `rollback`, the other version scores all partitions; `fail` fails the batch, and the other version scores it when it is retried.",
                                            "fail")
                                    .or("rollback"))),
                    "How batches [try another version](../how-to/rollout.md#let-it-score-a-part-of-each-batch-first) of the model, before it scores them or next to the present one.",
                    ""),
            JobKey.optional(
                    "retry",
                    new Section(List.of(
                            JobKey.optional(
                                    "attempts",
                                    new Whole(1, 100),
                                    "The number of attempts at a partition before it fails. Failures of storage or of a database do not count. Without this key, the cluster's `nightshift.batch.retry.attempts` applies.",
                                    "6"),
                            JobKey.optional(
                                    "storage",
                                    new Time(),
                                    "How long failures of a file system are retried, from the first failure on; a success in between starts the time anew. Without this key, the cluster's `nightshift.batch.retry.storage` applies.",
                                    "2h"),
                            JobKey.optional(
                                    "database",
                                    new Time(),
                                    "How long failures of the destination's database are retried, as for `storage`. Without this key, the cluster's `nightshift.batch.retry.database` applies.",
                                    "30m"),
                            JobKey.optional(
                                    "node",
                                    new Time(),
                                    "How long the batch waits for a node that has what another node lacks, such as an input file. Without this key, the cluster's `nightshift.batch.retry.node` applies.",
                                    "1h"))),
                    "How often and how long failed work is retried. The identity of the job does not depend on these keys.",
                    ""),
            JobKey.optional(
                            "time-zone",
                            new Text(Form.TIME_ZONE),
                            "The time zone of the local times in `schedule`, `window` and `deadline`.",
                            "Europe/Berlin")
                    .or("UTC"),
            JobKey.optional(
                    "schedule",
                    new Section(List.of(
                            JobKey.required(
                                    "cron",
                                    new Text(Form.CRON),
                                    "When runs start: a cron expression with the fields minute, hour, day of month, month and day of week, with seconds before them if there are six; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.",
                                    "\"0 2 * * *\""),
                            JobKey.optional(
                                    "parameters",
                                    new Templates(),
                                    "The parameters of each run. `{scheduled:date}` stands for the local date of the scheduled time, `{scheduled:timestamp}` for its local date and time; `- 1 day` or `+ 2 hours` may follow, and the units minute, hour, day, week, month and year. A parameter that is missing here has its default.",
                                    "{}"),
                            JobKey.optional(
                                    "start",
                                    new Text(Form.DATE),
                                    "The first local date on which runs start.",
                                    "\"2026-12-01\""),
                            JobKey.optional(
                                    "end",
                                    new Text(Form.DATE),
                                    "The last local date on which runs start.",
                                    "\"2027-11-30\""),
                            JobKey.optional(
                                    "jitter",
                                    new Time(),
                                    "The longest time by which a run starts later than scheduled. Each run has its own delay, so that jobs with the same schedule do not start all at once.",
                                    "5m"),
                            JobKey.optional(
                                            "catch-up",
                                            new Choice(List.of("all", "latest", "none")),
                                            "Which runs start late if their time has passed while no node was running: `all` in order, the `latest` one, or `none`.",
                                            "all")
                                    .or("latest"),
                            JobKey.optional(
                                            "overlap",
                                            new Choice(List.of("queue", "skip", "allow")),
                                            "What happens at the time of a run if the one before has not ended: `queue` waits for its end; `skip` leaves the run out; `allow` starts the run at once.",
                                            "skip")
                                    .or("queue"))),
                    "When runs start by themselves, once the job is applied with `nightshift job apply`.",
                    ""),
            JobKey.optional(
                    "trigger",
                    new Section(List.of(
                            JobKey.required(
                                    "when",
                                    Section.choice(List.of(
                                            JobKey.optional(
                                                    "rows",
                                                    new Whole(1, Long.MAX_VALUE),
                                                    "The number of rows that the source must have gained since the last run.",
                                                    "100000"),
                                            JobKey.optional(
                                                    "files",
                                                    new Whole(1, Long.MAX_VALUE),
                                                    "The number of files that the source must have gained since the last run.",
                                                    "10"),
                                            JobKey.optional(
                                                    "marker",
                                                    new Text(Form.PATH),
                                                    "A file that must appear, or be replaced.",
                                                    "lake/_READY"))),
                                    "The state of the source that starts a run.",
                                    "{files: 10}"),
                            JobKey.optional(
                                    "every",
                                    new Time(),
                                    "The time between two looks at the source: 1 second or more. Without this key, it is 1 minute.",
                                    "5m"),
                            JobKey.optional(
                                    "parameters",
                                    new Templates(),
                                    "The parameters of each run, as for `schedule`, with `triggered` in place of `scheduled`.",
                                    "{}"))),
                    "The state of the source that starts a run by itself, once the job is applied with `nightshift job apply`. A job may have a schedule, a trigger, or both.",
                    ""),
            JobKey.optional(
                    "window",
                    new Section(List.of(
                            JobKey.required(
                                    "from",
                                    new Text(Form.TIME_OF_DAY),
                                    "The local time at which the window opens.",
                                    "\"22:00\""),
                            JobKey.required(
                                    "to",
                                    new Text(Form.TIME_OF_DAY),
                                    "The local time at which the window closes. An earlier one than `from` is on the next day.",
                                    "\"06:00\""),
                            JobKey.optional(
                                            "outside",
                                            new Choice(List.of("pause", "finish")),
                                            "What a batch does that has begun when the window closes: `pause` finishes the partitions in flight, and continues when the window opens again; `finish` finishes the batch.",
                                            "finish")
                                    .or("pause"))),
                    "When batches may work. A batch never begins outside its window, it waits.",
                    ""),
            JobKey.optional(
                    "deadline",
                    new Text(Form.TIME_OF_DAY),
                    "The local time by which a batch shall be published: the first such time after the batch was opened.",
                    "\"06:00\""),
            JobKey.optional(
                            "priority",
                            new Whole(0, Job.HIGHEST_PRIORITY),
                            "Batches of a greater priority get workers first.",
                            "8")
                    .or((long) Job.DEFAULT_PRIORITY),
            JobKey.optional(
                    "limits",
                    new Section(List.of(JobKey.required(
                            "threads",
                            new Threads(),
                            "The most threads on which the batches of the job score together, in the whole cluster: a number, or a share of all scoring threads.",
                            "50%"))),
                    "What the batches of the job may use at most.",
                    ""),
            JobKey.optional(
                    "alerts",
                    new AlertRules(),
                    "Who is told of which problems: for each channel in `to`, which a node's configuration describes, one or more causes in `on`: "
                            + AlertCauses.TEXTS + ".",
                    "[{on: [failed, deadline-missed], to: ops}]"),
            JobKey.optional(
                    "incremental",
                    new Section(
                            List.of(
                                    JobKey.optional(
                                                    "column",
                                                    new Text(Form.COLUMN),
                                                    "The column of the source with the time at which a row was written or changed: a timestamp or a date. Each batch reads the rows whose time no earlier batch has read.",
                                                    "updated_at")
                                            .with("lateness"),
                                    JobKey.optional(
                                                    "lateness",
                                                    new Time(),
                                                    "The longest time from the time in the column until readers see the row. A batch leaves newer rows to the next one.",
                                                    "1h")
                                            .with("column"),
                                    JobKey.optional(
                                                    "time-zone",
                                                    new Text(Form.TIME_ZONE),
                                                    "The time zone of a column whose times have none.",
                                                    "Europe/Berlin")
                                            .with("column")
                                            .or("UTC"),
                                    JobKey.optional(
                                            "files",
                                            new Choice(List.of("new")),
                                            "`new`: each batch reads the files that no earlier batch has read. A file is known by its path, its length, and its modification time or ETag.",
                                            "new"),
                                    JobKey.optional(
                                            "changed",
                                            new Texts(Form.COLUMN, 1, false),
                                            "Columns of the source or of its lookups, or keys of `source.select`. Each batch reads the rows whose values in them differ from those that the last published batch with the same record id has scored. The job needs `source.id`.",
                                            "[plan, region, balance]"),
                                    JobKey.optional(
                                                    "full",
                                                    new Flag(),
                                                    "Whether a new batch reads everything again. `--full` sets this key for one run. The identity of the job does not depend on it.",
                                                    "true")
                                            .or(false)),
                            List.of("column", "files", "changed")),
                    "What a batch reads: only what is new or changed. Without this section, a batch reads all rows.",
                    ""),
            OutputKeys.KEY));

    private static List<JobKey> keys(List<? extends Kind<?>> kinds, JobKey... more) {
        return Stream.concat(kinds.stream().map(Kind::key), Stream.of(more)).toList();
    }

    private JobKeys() {}

    /// The section that a key may hold; null if it holds none.
    static @Nullable Section sectionOf(ValueType type) {
        return switch (type) {
            case Section section -> section;
            case SectionOr either -> either.section();
            default -> null;
        };
    }
}
