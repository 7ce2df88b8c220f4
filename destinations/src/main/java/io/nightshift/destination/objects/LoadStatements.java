package io.nightshift.destination.objects;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.folder.FileFormat.WarehouseFormat;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The statements by which warehouses load a batch, as objects next to its manifest. Each is one transaction
/// that first deletes the rows of the batch, so a batch that is loaded again is in the table once.
///
/// Sources: Amazon Redshift Database Developer Guide, «COPY» and «Using a manifest to specify data files»;
/// Snowflake Documentation, «COPY INTO table».
final class LoadStatements {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REDSHIFT_MANIFEST = "_load-redshift.manifest";
    private static final String REDSHIFT = "_load-redshift.sql";
    private static final String SNOWFLAKE = "_load-snowflake.sql";

    /// The most files that one COPY INTO of Snowflake may name.
    private static final int SNOWFLAKE_FILES = 1_000;

    private final BatchKeys keys;
    private final WarehouseFormat format;
    private final List<PublicationDecision.Copy> parts;

    private LoadStatements(BatchKeys keys, WarehouseFormat format, List<PublicationDecision.Copy> parts) {
        this.keys = keys;
        this.format = format;
        this.parts = parts;
    }

    /// The names of the objects.
    ///
    /// @param tables null if there are none
    static List<String> names(@Nullable LoadTables tables) {
        List<String> names = new ArrayList<>();
        if (tables != null && tables.redshift() != null) {
            names.addAll(List.of(REDSHIFT_MANIFEST, REDSHIFT));
        }
        if (tables != null && tables.snowflake() != null) {
            names.add(SNOWFLAKE);
        }
        return names;
    }

    /// The objects by their names.
    ///
    /// @param tables null if there are none
    /// @param parts of the batch, with predictions
    static Map<String, String> of(
            @Nullable LoadTables tables, BatchKeys keys, FileFormat format, List<PublicationDecision.Copy> parts) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (tables == null) {
            return texts;
        }
        LoadStatements statements = new LoadStatements(keys, format.warehouse(), parts);
        if (tables.redshift() != null) {
            texts.put(REDSHIFT_MANIFEST, statements.redshiftManifest());
            texts.put(REDSHIFT, statements.redshift(tables.redshift()));
        }
        if (tables.snowflake() != null) {
            texts.put(SNOWFLAKE, statements.snowflake(tables.snowflake()));
        }
        return texts;
    }

    /// Redshift requires the lengths of files in columnar formats.
    private String redshiftManifest() {
        ObjectNode manifest = JSON.createObjectNode();
        ArrayNode entries = manifest.putArray("entries");
        for (PublicationDecision.Copy part : parts) {
            ObjectNode entry = entries.addObject();
            entry.put("url", keys.published(part.name()).toString());
            entry.put("mandatory", true);
            entry.putObject("meta").put("content_length", part.bytes());
        }
        return manifest.toPrettyString() + "\n";
    }

    /// A COPY fails if its manifest is empty.
    private String redshift(String table) {
        String copy = parts.isEmpty()
                ? ""
                : """
                COPY %s
                FROM %s
                IAM_ROLE default
                %s
                MANIFEST;
                """.formatted(
                        table, Sql.text(keys.published(REDSHIFT_MANIFEST).toString()), format.redshift());
        return "BEGIN;\n" + delete(table) + "\n" + copy + "COMMIT;\n";
    }

    private String snowflake(String table) {
        StringBuilder sql = new StringBuilder("BEGIN;\n").append(delete(table)).append('\n');
        for (int from = 0; from < parts.size(); from += SNOWFLAKE_FILES) {
            List<String> files = parts.subList(from, Math.min(parts.size(), from + SNOWFLAKE_FILES)).stream()
                    .map(PublicationDecision.Copy::name)
                    .toList();
            sql.append("""
                    COPY INTO %s
                    FROM %s
                    STORAGE_INTEGRATION = nightshift
                    FILES = (%s)
                    FILE_FORMAT = (%s)
                    MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE
                    FORCE = TRUE;
                    """.formatted(
                            table,
                            Sql.text(keys.published("").toString()),
                            String.join(", ", files.stream().map(Sql::text).toList()),
                            format.snowflake()));
        }
        return sql.append("COMMIT;\n").toString();
    }

    private String delete(String table) {
        return "DELETE FROM %s WHERE batch_id = %s;"
                .formatted(table, Sql.text(keys.batch().value()));
    }
}
