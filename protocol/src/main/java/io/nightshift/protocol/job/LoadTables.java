package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Text;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tables of warehouses into which statements next to the manifest load a batch. At least one is given.
///
/// @param redshift a table of Amazon Redshift, as its statements name it; null if there is none
/// @param snowflake a table of Snowflake, in the same way; null if there is none
public record LoadTables(
        @Nullable String redshift, @Nullable String snowflake) {

    /// The key with the table of Amazon Redshift.
    public static final String REDSHIFT = "load-redshift";

    /// The key with the table of Snowflake.
    public static final String SNOWFLAKE = "load-snowflake";

    static final List<JobKey> KEYS = List.of(
            JobKey.optional(
                            REDSHIFT,
                            new Text(Form.WAREHOUSE_TABLE),
                            "The table of Amazon Redshift into which a COPY statement loads the batch. The statement and its manifest are published with the batch. Only in an object store.",
                            "scores.delays")
                    .from(
                            Destination.class,
                            destination -> destination.loads() == null
                                    ? null
                                    : destination.loads().redshift()),
            JobKey.optional(
                            SNOWFLAKE,
                            new Text(Form.WAREHOUSE_TABLE),
                            "The table of Snowflake into which a COPY INTO statement loads the batch. The statement is published with the batch. Only in an object store.",
                            "scores.delays")
                    .from(
                            Destination.class,
                            destination -> destination.loads() == null
                                    ? null
                                    : destination.loads().snowflake()));

    static @Nullable LoadTables read(JobValues values) {
        String redshift = values.textOrNull(REDSHIFT);
        String snowflake = values.textOrNull(SNOWFLAKE);
        return redshift == null && snowflake == null ? null : new LoadTables(redshift, snowflake);
    }
}
