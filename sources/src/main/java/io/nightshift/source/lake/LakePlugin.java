package io.nightshift.source.lake;

import io.nightshift.protocol.job.Input;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import java.util.function.Supplier;

/// A kind of table in a module of its own, which provides this as a service. A program without the module
/// starts, and refuses the jobs that need it.
public interface LakePlugin {

    /// The services of a process for its tables.
    ///
    /// @param duckDb opened when first needed
    /// @param dataSources with the catalogs that jobs may name
    /// @param files that jobs may read
    record Services(Supplier<DuckDb> duckDb, DataSources dataSources, SourceFiles files) {}

    /// The case of [Input] that it is for.
    Class<? extends Input> type();

    /// Opens the kind for one process. Connects to nothing yet.
    Tables open(Services services);

    /// A kind that is open in one process. Safe for several threads.
    interface Tables extends AutoCloseable {

        /// @param input a [LakePlugin#type]
        LakeTable of(Input input);

        /// The name of a table for catalogues of data.
        ///
        /// @param input a [LakePlugin#type]
        /// @throws io.nightshift.protocol.failure.FailureException permanent, if there is no such catalog
        Dataset dataset(Input input);

        /// Closes the connections that are shared by its tables.
        @Override
        default void close() {}
    }
}
