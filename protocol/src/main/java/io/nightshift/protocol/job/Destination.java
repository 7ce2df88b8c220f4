package io.nightshift.protocol.job;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The destination of a job's predictions: one case for each kind. `toString` names the destination in a few
/// words, for people.
///
/// A case is data. What a kind does (write, publish, verify, remove) is in the module `storage`, in a package
/// of its own. The keys of a case in the job file stand next to the case, in its [Kind].
public sealed interface Destination
        permits CsvDestination,
                DeltaDestination,
                IcebergDestination,
                MariadbDestination,
                ParquetDestination,
                PostgresDestination,
                RedisDestination,
                SeveralDestinations {

    /// The tables of warehouses that load the batches, or null if there are none.
    default @Nullable LoadTables loads() {
        return null;
    }

    /// This destination without the division of partitions into files of a size.
    default Destination undivided() {
        return this;
    }

    /// The destinations that this one consists of, in the order of publication: this one alone, unless it stands
    /// for several.
    default List<Destination> members() {
        return List.of(this);
    }

    /// The folder that holds the output, an absolute path or `s3://bucket/prefix`; null if there is none, or if
    /// only the configuration of the nodes tells it.
    default @Nullable String folder() {
        return null;
    }

    /// Why the rows of one batch can't go to this destination and to another one with the same kind of place; null
    /// if they can. [SeveralDestinations#conflict] compares folders.
    ///
    /// @param addresses the address of a data source by its name: two names may have one address
    default @Nullable String overlap(Destination other, UnaryOperator<String> addresses) {
        return null;
    }

    /// Every kind, by the key under `destination` that chooses it.
    static Map<String, Class<? extends Destination>> kinds() {
        return Kinds.DESTINATIONS.stream().collect(Collectors.toUnmodifiableMap(Kind::name, Kind::type));
    }
}
