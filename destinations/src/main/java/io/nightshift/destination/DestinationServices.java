package io.nightshift.destination;

import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.util.function.Supplier;

/// The services of a process for its destinations.
///
/// @param duckDb opened when first needed
/// @param dataSources that jobs may name
/// @param connections of workers to those
/// @param roots that jobs may use
/// @param objects the copies of objects, from the stores that jobs may read
public record DestinationServices(
        Supplier<DuckDb> duckDb,
        DataSources dataSources,
        ConnectionPool connections,
        FileRoots roots,
        ObjectCopies objects) {}
