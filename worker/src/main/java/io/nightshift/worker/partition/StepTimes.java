package io.nightshift.worker.partition;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The time that scoring threads spend on each step, summed over attempts. The times of reading, features
/// and writing are those of DuckDB's operators, from its own profile of each query. Safe for several
/// threads.
public final class StepTimes {

    /// A part of an attempt.
    public enum Step {
        /// Looking at the source's columns and making the query.
        PREPARE,
        /// Reading and decoding the source.
        READ,
        /// The job's expressions and conditions, and handing rows from step to step.
        FEATURES,
        /// The model.
        SCORE,
        /// Encoding, compressing and writing predictions, or sending them to the database.
        WRITE,
        /// Making the output durable.
        SEAL,
        /// All else: mostly DuckDB's planning of the query.
        REST
    }

    private static final JsonFactory JSON = new JsonFactory();

    private final Map<Step, Long> nanos = new ConcurrentHashMap<>();

    /// The time that all attempts together took for a step, in seconds.
    public double seconds(Step step) {
        return nanos.getOrDefault(step, 0L) / 1e9;
    }

    /// Takes note of a query.
    ///
    /// @param query how long the query that scored took, in nanoseconds
    /// @param scoring of which the model took
    /// @param sending of which rows were handed to a database
    /// @param profile DuckDB's, as JSON, of that query
    void query(long query, long scoring, long sending, String profile) {
        Map<Step, Long> steps = operators(profile);
        // The model and the sending are functions of the query's, and so a part of it.
        steps.merge(Step.FEATURES, -scoring - sending, Long::sum);
        steps.merge(Step.SCORE, scoring, Long::sum);
        steps.merge(Step.WRITE, sending, Long::sum);
        long sum = steps.values().stream().mapToLong(Long::longValue).sum();
        steps.put(Step.REST, query - sum);
        steps.forEach(this::add);
    }

    /// Takes note of a step.
    ///
    /// @param time in nanoseconds
    void add(Step step, long time) {
        nanos.merge(step, Math.max(0, time), Long::sum);
    }

    /// The nanoseconds of a query's operators, by step, wherever they are in the tree of the plan.
    private static Map<Step, Long> operators(String profile) {
        Map<Step, Long> operators = new EnumMap<>(Step.class);
        double timing = 0;
        try (JsonParser json = JSON.createParser(profile)) {
            while (json.nextToken() != null) {
                if (json.currentToken() != JsonToken.FIELD_NAME) {
                    continue;
                }
                String name = json.currentName();
                json.nextToken();
                if (name.equals("timing")) {
                    timing = json.getDoubleValue();
                } else if (name.equals("type")) {
                    // An operator's time stands before its type, and its children after.
                    operators.merge(step(json.getText()), (long) (timing * 1e9), Long::sum);
                    timing = 0;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("DuckDB's profile is not what it was", e);
        }
        return operators;
    }

    private static Step step(String operator) {
        return switch (operator) {
            case "TABLE_SCAN" -> Step.READ;
            case "COPY_TO_FILE", "BATCH_COPY_TO_FILE" -> Step.WRITE;
            default -> Step.FEATURES;
        };
    }
}
