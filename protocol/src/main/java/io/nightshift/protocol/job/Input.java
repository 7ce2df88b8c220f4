package io.nightshift.protocol.job;

import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The location of a source's rows: one case for each kind of source. `toString` names the input, for
/// people.
///
/// A case is data. How a kind is read is in the module `storage`, in a package of its own. The keys of a case
/// in the job file stand next to the case, in its [Kind].
public sealed interface Input permits ParquetInput, CsvInput, NdjsonInput, DatabaseInput, IcebergInput, DeltaInput {

    /// Whether the rows are in files that a job names. A digest of unchanged files is always the same, so
    /// another digest means another input. A table of a database has no such digest: it is divided in another
    /// way each time, and its rows change while a batch reads them. A batch over a table of a lake reads the
    /// snapshot that it has pinned, whatever the table becomes.
    default boolean isFiles() {
        return switch (this) {
            case ParquetInput parquet -> true;
            case CsvInput csv -> true;
            case NdjsonInput ndjson -> true;
            case DatabaseInput database -> false;
            case IcebergInput iceberg -> false;
            case DeltaInput delta -> false;
        };
    }

    /// The table of a lake as commands take it, such as `iceberg:lake/sales.customers`; null for other inputs.
    default @Nullable String tableAddress() {
        return switch (this) {
            case IcebergInput iceberg -> "iceberg:%s/%s".formatted(iceberg.catalog(), iceberg.table());
            case DeltaInput delta -> "delta:" + delta.table();
            case ParquetInput _, CsvInput _, NdjsonInput _, DatabaseInput _ -> null;
        };
    }

    /// Every case, by its name in the ledger.
    static Map<String, Class<? extends Input>> cases() {
        return Kinds.INPUTS.stream()
                .collect(Collectors.toUnmodifiableMap(Kind::stored, Kind::type, (one, same) -> one));
    }
}
