package io.nightshift.delta;

import io.delta.kernel.types.StructType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The schemas of tables, as they were when a batch first asked for them on this node. The attempts of a batch
/// share a schema. So not every attempt reads the table's log, which other programs may have made long. Safe for
/// several threads.
public final class TableSchemas {

    private static final int MOST = 64;

    private final Map<String, StructType> schemas = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, StructType> eldest) {
            return size() > MOST;
        }
    });

    /// The schema of a table for a batch. Two attempts that ask at the same time may both read it.
    ///
    /// @param read reads the schema; empty if there is no table. An empty result is not kept
    public Optional<StructType> get(String table, String batch, Supplier<Optional<StructType>> read) {
        String key = table + " " + batch;
        StructType known = schemas.get(key);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<StructType> found = read.get();
        found.ifPresent(schema -> schemas.put(key, schema));
        return found;
    }
}
