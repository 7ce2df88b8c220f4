package io.nightshift.worker.partition;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.nightshift.protocol.batch.BatchId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// How many bytes attempts read. DuckDB reads ahead on threads of its own, so only its profile of a query
/// says it. A profile costs a third of a millisecond. So every [#EVERY]th attempt of a batch on this node is
/// profiled, the first of them included, and the others are taken to read as many bytes for each row. Safe
/// for several threads.
public final class ReadSamples {

    /// One of so many attempts is profiled.
    static final int EVERY = 16;

    /// The batches that are remembered.
    private static final int BATCHES = 1_000;

    private static final JsonFactory JSON = new JsonFactory();

    private record Sample(long attempts, long bytes, long rows) {}

    private final Map<BatchId, Sample> samples = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<BatchId, Sample> eldest) {
            return size() > BATCHES;
        }
    };

    /// Counts an attempt, and says whether to profile it.
    synchronized boolean isDue(BatchId batch) {
        Sample sample = samples.getOrDefault(batch, new Sample(0, 0, 0));
        samples.put(batch, new Sample(sample.attempts() + 1, sample.bytes(), sample.rows()));
        return sample.attempts() % EVERY == 0 || sample.rows() == 0;
    }

    /// Takes note of a profiled attempt.
    ///
    /// @param profile DuckDB's, as JSON, of the query that read
    /// @param rows that it read
    /// @return the bytes that it read; 0 if DuckDB does not know, because the source's reader is our own
    synchronized long sampled(BatchId batch, String profile, long rows) {
        long bytes = bytesRead(profile);
        Sample sample = samples.getOrDefault(batch, new Sample(0, 0, 0));
        samples.put(batch, new Sample(sample.attempts(), sample.bytes() + bytes, sample.rows() + rows));
        return bytes;
    }

    /// The bytes that an attempt has read that is not profiled.
    ///
    /// @param otherwise what to return if no profile of the batch says it
    synchronized long estimate(BatchId batch, long rows, long otherwise) {
        Sample sample = samples.get(batch);
        return sample == null || sample.rows() == 0 || sample.bytes() == 0
                ? otherwise
                : Math.round((double) sample.bytes() / sample.rows() * rows);
    }

    private static long bytesRead(String profile) {
        try (JsonParser json = JSON.createParser(profile)) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME
                        && json.currentName().equals("total_bytes_read")) {
                    json.nextToken();
                    return json.getLongValue();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("DuckDB's profile is not what it was", e);
        }
        throw new IllegalStateException("DuckDB's profile does not say how many bytes were read");
    }
}
