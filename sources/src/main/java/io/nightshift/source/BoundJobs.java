package io.nightshift.source;

import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The jobs that were bound most recently, so that the partitions of a batch whose columns are the same are
/// bound once. Safe for several threads.
public final class BoundJobs {

    private static final int MOST = 256;

    /// @param schema what the columns are, in the words of the source's reader
    private record Key(Job job, ModelDescription model, String schema) {}

    private final Map<Key, BoundJob> bound = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, BoundJob> eldest) {
            return size() > MOST;
        }
    };

    /// A job as it was bound before; null if it was not, or long ago.
    ///
    /// @param schema what the columns are
    public synchronized @Nullable BoundJob get(Job job, ModelDescription model, String schema) {
        return bound.get(new Key(job, model, schema));
    }

    /// Keeps a job.
    ///
    /// @param schema what the columns are
    public synchronized void put(Job job, ModelDescription model, String schema, BoundJob value) {
        bound.put(new Key(job, model, schema), value);
    }
}
