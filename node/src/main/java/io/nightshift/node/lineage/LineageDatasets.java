package io.nightshift.node.lineage;

import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.redis.RedisAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The names of a job's inputs and outputs by the naming rules of OpenLineage, so that a catalogue finds the same
/// data under the name that other programs give it.
///
/// A folder of files is one dataset, whatever the parameters of a run: its name ends before the first part of the
/// path that is a glob or a partition (`dt=2026-11-25`), or contains the value of a parameter.
final class LineageDatasets {

    /// The name of a dataset.
    ///
    /// @param namespace where the data is, such as `s3://lake` or `postgres://db.example.com:5432`
    /// @param name of the data there
    record Dataset(String namespace, String name) {}

    private static final Pattern GLOB_OR_PARTITION = Pattern.compile(".*[*?\\[{].*|[^=/]+=.*");

    private final Job job;
    private final DataSources databases;

    /// @param job as it was submitted: with absolute paths, and values for its parameters
    /// @param databases that jobs may name
    LineageDatasets(Job job, DataSources databases) {
        this.job = job;
        this.databases = databases;
    }

    /// The source and the lookups, each once.
    List<Dataset> inputs() {
        Set<Dataset> inputs = new LinkedHashSet<>(of(job.source().input()));
        for (Lookup lookup : job.source().lookups()) {
            inputs.addAll(of(lookup.input()));
        }
        return List.copyOf(inputs);
    }

    private List<Dataset> of(Input input) {
        return switch (input) {
            case ParquetInput parquet -> files(parquet.paths());
            case CsvInput csv -> files(csv.paths());
            case NdjsonInput ndjson -> files(ndjson.paths());
            case DatabaseInput database -> List.of(table(database.dataSource(), null, database.table()));
        };
    }

    /// The destinations, in the order of the job.
    List<Dataset> outputs() {
        return outputs(job.destination());
    }

    private List<Dataset> outputs(Destination destination) {
        return switch (destination) {
            case ParquetDestination parquet -> List.of(folder(parquet.folder()));
            case CsvDestination csv -> List.of(folder(csv.folder()));
            case PostgresDestination postgres ->
                List.of(table(postgres.dataSource(), postgres.schema(), postgres.table()));
            case MariadbDestination mariadb -> List.of(table(mariadb.dataSource(), mariadb.schema(), mariadb.table()));
            case RedisDestination redis -> List.of(keys(redis));
            case IcebergDestination iceberg -> List.of(table(iceberg));
            case DeltaDestination delta -> List.of(folder(delta.table()));
            case SeveralDestinations several ->
                several.members().stream()
                        .flatMap(member -> outputs(member).stream())
                        .toList();
        };
    }

    /// A table is where its files are, or what its server calls it.
    private Dataset table(IcebergDestination iceberg) {
        String path = iceberg.table().replace('.', '/');
        return switch (databases.catalog(iceberg.catalog())) {
            case CatalogSettings.Folder folder -> folder(folder.warehouse() + "/" + path);
            case CatalogSettings.Jdbc jdbc -> folder(jdbc.warehouse().replaceFirst("^file://", "") + "/" + path);
            case CatalogSettings.Rest rest -> new Dataset(rest.uri().toString(), iceberg.table());
        };
    }

    private Dataset keys(RedisDestination redis) {
        RedisAddress address = RedisAddress.of(databases.redis(redis.dataSource()));
        return new Dataset(
                "redis://%s:%d".formatted(address.host(), address.port()), address.database() + "." + redis.name());
    }

    private List<Dataset> files(List<String> paths) {
        return paths.stream().map(this::folder).distinct().toList();
    }

    private Dataset folder(String path) {
        if (ObjectAddress.isAddress(path)) {
            ObjectAddress address = ObjectAddress.of(path);
            return new Dataset(ObjectAddress.SCHEME + address.bucket(), fixed(address.key()));
        }
        return new Dataset("file", fixed(path));
    }

    /// The path without the parts that differ from run to run.
    private String fixed(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            if (GLOB_OR_PARTITION.matcher(part).matches() || hasParameter(part)) {
                break;
            }
            parts.add(part);
        }
        String fixed = String.join("/", parts);
        String name = fixed.endsWith("/") ? fixed.substring(0, fixed.length() - 1) : fixed;
        return name.isEmpty() ? "/" : name;
    }

    private boolean hasParameter(String part) {
        return job.parameters().stream()
                .map(Parameter::value)
                .anyMatch(value -> !value.isEmpty() && part.contains(value));
    }

    /// @param schema null for that of the table's name, or the database's own
    /// @param table null for a query
    private Dataset table(String dataSource, @Nullable String schema, @Nullable String table) {
        DataSourceSettings settings = databases.get(dataSource);
        boolean isPostgres = settings.url().startsWith(DataSourceSettings.POSTGRESQL);
        URI url = URI.create(settings.url().substring("jdbc:".length()));
        String host = url.getRawAuthority() == null
                ? "localhost"
                : url.getRawAuthority().split(",", 2)[0];
        String authority = host.matches(".*:\\d+") ? host : host + (isPostgres ? ":5432" : ":3306");
        String path = url.getPath() == null ? "" : url.getPath();
        String database = path.length() > 1 ? path.substring(1) : isPostgres ? "postgres" : "";
        return new Dataset(
                (isPostgres ? "postgres://" : "mysql://") + authority, qualified(isPostgres, database, schema, table));
    }

    private static String qualified(
            boolean isPostgres, String database, @Nullable String schema, @Nullable String table) {
        if (table == null) {
            return database;
        }
        boolean hasSchema = schema == null && table.contains(".");
        if (isPostgres) {
            return database + "." + (hasSchema ? table : (schema == null ? "public" : schema) + "." + table);
        }
        // What PostgreSQL calls a schema, MariaDB and MySQL call a database.
        return hasSchema ? table : (schema == null ? database : schema) + "." + table;
    }
}
