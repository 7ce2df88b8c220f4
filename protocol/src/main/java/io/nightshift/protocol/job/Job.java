package io.nightshift.protocol.job;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A validated job. Paths are absolute: those that were relative have been resolved against the job
/// file's folder.
///
/// @param name lower-case letters, digits, `-`, `_` and `.`
/// @param features the model's inputs in its order, each a source column, a key of
///     [Source#select()] or a DuckDB-SQL expression; empty where the model names its features
public record Job(
        String name,
        ModelReference model,
        List<String> features,
        Source source,
        Destination destination,
        Partitions partitions,
        ErrorPolicy errors,
        Output output) {

    public Job {
        features = List.copyOf(features);
    }

    /// What is scored.
    ///
    /// @param parquet files, folders and globs, at least one
    /// @param id the column that identifies a record, or null: then file and row position do
    /// @param uniqueId whether a repeated id stops the batch before it is published
    /// @param select computed columns: name to DuckDB-SQL scalar expression over the file's
    ///     columns, in file order
    /// @param where a DuckDB-SQL condition over the file's columns, or null for all rows
    public record Source(
            List<String> parquet,
            @Nullable String id,
            boolean uniqueId,
            Map<String, String> select,
            @Nullable String where) {
        public Source {
            parquet = List.copyOf(parquet);
            select = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(select));
        }
    }

    /// Where the predictions go: one of the two.
    ///
    /// @param parquet the folder that holds a folder for each batch, or null
    /// @param postgres the table, or null
    public record Destination(
            @Nullable String parquet, @Nullable Postgres postgres) {

        public Destination {
            if ((parquet == null) == (postgres == null)) {
                throw new IllegalArgumentException("a destination is a folder or a table");
            }
        }

        /// A folder.
        public Destination(String parquet) {
            this(parquet, null);
        }

        /// A table.
        public Destination(Postgres postgres) {
            this(null, postgres);
        }

        /// The folder of a destination that is one.
        public String folder() {
            return java.util.Objects.requireNonNull(parquet, "the destination is a folder");
        }

        /// The table of a destination that is one.
        public Postgres table() {
            return java.util.Objects.requireNonNull(postgres, "the destination is a table");
        }

        /// In a few words, for people.
        @Override
        public String toString() {
            return postgres == null ? folder() : postgres.toString();
        }
    }

    /// A table of a PostgreSQL database. Names are meant as they stand, upper and lower case too.
    ///
    /// @param dataSource the database's name in the configuration of the nodes
    /// @param schema that holds the table, or null for the first of the user's search path
    /// @param indexes that every batch has, beside that of the record ids
    public record Postgres(String dataSource, @Nullable String schema, String table, List<Index> indexes) {

        /// So many bytes leave room for what is added to it in names of 63.
        public static final int MAX_TABLE = 40;

        public Postgres {
            indexes = List.copyOf(indexes);
        }

        /// `schema.table`, or `table`.
        public String qualified() {
            return schema == null ? table : schema + "." + table;
        }

        @Override
        public String toString() {
            return "table %s in data source %s".formatted(qualified(), dataSource);
        }
    }

    /// An index of a table.
    ///
    /// @param columns at least one, each once
    public record Index(List<String> columns) {
        public Index {
            columns = List.copyOf(columns);
        }
    }

    /// How the input is cut.
    ///
    /// @param rows the size of a partition that is aimed at; row groups are kept whole where
    ///     they are not larger
    public record Partitions(int rows) {
        public static final int DEFAULT_ROWS = 250_000;
    }

    /// When bad rows, or partitions that can't be scored, fail the batch.
    ///
    /// @param maxRate the share of the input's rows that may be quarantined, 0 to 1
    /// @param maxRows the number of rows that may be quarantined, or null for any
    /// @param scoresTheRest whether a batch of which a partition has failed too often scores all
    ///     others before it fails
    public record ErrorPolicy(double maxRate, @Nullable Long maxRows, boolean scoresTheRest) {
        public static final double DEFAULT_MAX_RATE = 0.01;

        /// Fails with the first partition that fails too often.
        public ErrorPolicy(double maxRate, @Nullable Long maxRows) {
            this(maxRate, maxRows, false);
        }
    }

    /// What is written beside the prediction.
    ///
    /// @param columns source columns or keys of [Source#select()] to pass through
    /// @param margin whether the model's raw margin is written too
    public record Output(List<String> columns, boolean margin) {
        public Output {
            columns = List.copyOf(columns);
        }

        /// Without the margin.
        public Output(List<String> columns) {
            this(columns, false);
        }
    }
}
