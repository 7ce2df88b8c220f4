package io.nightshift.source.lookup;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceReaders;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// One lookup as the source that it is, read by the reader of its kind: the key and the added columns are the
/// output of a job that scores nothing. Safe for several threads.
final class LookupSource {

    /// The most rows that are loaded at a time.
    static final int ROWS = 1_000_000;

    private static final ModelDescription NO_MODEL = new ModelDescription(
            "none",
            "none",
            Task.REGRESSION,
            List.of(new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT64), true)),
            List.of(),
            Map.of());

    private static final Pattern NO_COLUMN = Pattern.compile("neither a column of (.*) nor a key of source\\.select");

    private final int position;
    private final Lookup lookup;
    private final Job job;
    private final SourceReader reader;

    /// @param position of the lookup in the job, from 0
    LookupSource(int position, Lookup lookup, SourceReaders readers) {
        this.position = position;
        this.lookup = lookup;
        this.job = JobBuilder.builder()
                .name("lookup")
                .model(new ModelReference.Champion("none"))
                .features(List.of("0"))
                .source(new Job.Source(lookup.input(), null, false, Map.of(), null))
                .destination(new ParquetDestination("/"))
                .partitions(new Job.Partitions(ROWS))
                .errors(new Job.ErrorPolicy(0, null))
                .output(new Job.Output(lookup.read()))
                .build();
        this.reader = readers.of(job.source());
    }

    Lookup lookup() {
        return lookup;
    }

    SourceReader reader() {
        return reader;
    }

    /// The lookup's key in the job file.
    String key() {
        return JoinedColumns.key(position);
    }

    /// The files, pinned.
    ///
    /// @throws FailureException naming the lookup, and what doesn't fit
    List<InspectedFile> inspect() {
        return named(() -> reader.inspect(job, NO_MODEL)).stream()
                .map(file -> new InspectedFile(file.file().ofLookup(position), List.of()))
                .toList();
    }

    /// The columns that are read, and their types.
    ///
    /// @throws FailureException naming the lookup, and what doesn't fit
    JoinedColumns.Joined columns() {
        return new JoinedColumns.Joined(lookup, types(named(() -> reader.bind(job, NO_MODEL))));
    }

    List<BoundSlices> bind(Connection connection, List<Slice> slices) throws SQLException {
        return reader.bind(connection, slices, job, NO_MODEL);
    }

    static Map<String, String> types(BoundJob bound) {
        Map<String, String> types = new LinkedHashMap<>();
        for (Bound column : bound.output()) {
            types.put(column.name(), column.type());
        }
        return types;
    }

    /// The files of this lookup.
    List<SourceFile> files(List<Slice> slices) {
        return slices.stream()
                .map(Slice::file)
                .filter(file -> file.lookup() != null && file.lookup() == position)
                .distinct()
                .toList();
    }

    /// Makes failures name the lookup's key in the job file instead of the source's.
    <T> T named(Supplier<T> work) {
        try {
            return work.get();
        } catch (FailureException e) {
            Failure failure = e.failure();
            String message = failure.message().replaceFirst("^(source|output\\.columns)(?=[:.])", key());
            message = NO_COLUMN.matcher(message).replaceFirst("not a column of $1");
            throw new FailureException(new Failure(failure.kind(), message, failure.resource()), e);
        }
    }
}
