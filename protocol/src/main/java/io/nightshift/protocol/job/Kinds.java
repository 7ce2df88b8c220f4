package io.nightshift.protocol.job;

import io.nightshift.protocol.job.Kind.Written;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// Every kind of source and destination that a job file can choose.
final class Kinds {

    static final List<Kind<? extends Input>> INPUTS = List.of(
            ParquetInput.KIND,
            CsvInput.KIND,
            NdjsonInput.KIND,
            DatabaseInput.POSTGRES_KIND,
            DatabaseInput.MARIADB_KIND,
            IcebergInput.KIND,
            DeltaInput.KIND);

    /// The kinds of source whose rows are not in files that a job names.
    static final List<Kind<? extends Input>> TABLES =
            List.of(DatabaseInput.POSTGRES_KIND, DatabaseInput.MARIADB_KIND, IcebergInput.KIND, DeltaInput.KIND);

    /// Those that several destinations may consist of.
    static final List<Kind<? extends Destination>> MEMBERS = List.of(
            ParquetDestination.KIND,
            CsvDestination.KIND,
            PostgresDestination.KIND,
            MariadbDestination.KIND,
            RedisDestination.KIND,
            IcebergDestination.KIND,
            DeltaDestination.KIND);

    static final List<Kind<? extends Destination>> DESTINATIONS =
            Stream.concat(MEMBERS.stream(), Stream.of(SeveralDestinations.KIND)).toList();

    private Kinds() {}

    /// The keys that choose a kind, and more keys of the same section.
    ///
    /// @param owner the type of what a job has for the section
    /// @param chosen writes the case that the job chooses
    static <O> List<JobKey> keys(
            List<? extends Kind<?>> kinds, Class<O> owner, Function<O, Written> chosen, JobKey... more) {
        return Stream.concat(kinds.stream().map(kind -> kind.keyIn(owner, chosen)), Stream.of(more))
                .toList();
    }

    /// @param section the section whose key chooses the kind
    static Input input(JobValues file, String section) {
        return read(INPUTS, section, file);
    }

    static Destination destination(JobValues file) {
        return read(DESTINATIONS, "destination", file);
    }

    /// @param section the section whose key chooses the kind
    static Destination member(JobValues file, String section) {
        return read(MEMBERS, section, file);
    }

    /// The case that a checked job file chooses.
    ///
    /// @param section the section whose key chooses the kind
    private static <T> T read(List<Kind<? extends T>> kinds, String section, JobValues file) {
        for (Kind<? extends T> kind : kinds) {
            String path = JobKey.path(section, kind.name());
            if (file.has(path)) {
                return kind.reader().apply(file.below(path));
            }
        }
        throw new IllegalStateException(section + " was checked to choose a kind");
    }

    static Written write(Input input) {
        return switch (input) {
            case ParquetInput parquet -> ParquetInput.KIND.write(parquet);
            case DatabaseInput database ->
                switch (database.engine()) {
                    case POSTGRESQL -> DatabaseInput.POSTGRES_KIND.write(database);
                    case MARIADB -> DatabaseInput.MARIADB_KIND.write(database);
                };
            case CsvInput csv -> CsvInput.KIND.write(csv);
            case NdjsonInput ndjson -> NdjsonInput.KIND.write(ndjson);
            case IcebergInput iceberg -> IcebergInput.KIND.write(iceberg);
            case DeltaInput delta -> DeltaInput.KIND.write(delta);
        };
    }

    static Written write(Destination destination) {
        return DESTINATIONS.stream()
                .filter(kind -> kind.type().isInstance(destination))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no kind of destination: " + destination.getClass()))
                .writeAny(destination);
    }
}
