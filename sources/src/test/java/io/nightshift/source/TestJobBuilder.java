package io.nightshift.source;

import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Job.UnseenCategories;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.job.Retention;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Jobs for tests: a source and what a test says of it, the rest by default.
public final class TestJobBuilder {

    private final Input input;
    private final Map<String, String> select = new LinkedHashMap<>();
    private List<String> features = List.of();
    private List<String> columns = List.of();
    private Destination destination = new ParquetDestination("/nowhere");
    private @Nullable String id;
    private @Nullable String where;
    private boolean margin;
    private Job.@Nullable Output shape;
    private @Nullable Retention retention;
    private boolean uniqueId;
    private @Nullable UnseenCategories unseen;
    private final List<Job.CategoryList> categories = new ArrayList<>();
    private List<BatchCheck> checks = List.of();
    private boolean failsIfEmpty;
    private final List<Lookup> lookups = new ArrayList<>();
    private int partitionRows = Job.Partitions.DEFAULT_ROWS;
    private @Nullable PartitionKey partitionKey;

    private TestJobBuilder(Input input) {
        this.input = input;
    }

    public static TestJobBuilder over(Path... sources) {
        return over(new ParquetInput(Stream.of(sources).map(Path::toString).toList()));
    }

    public static TestJobBuilder over(Input input) {
        return new TestJobBuilder(input);
    }

    public TestJobBuilder features(String... expressions) {
        features = List.of(expressions);
        return this;
    }

    public TestJobBuilder id(String column) {
        id = column;
        return this;
    }

    public TestJobBuilder uniqueId(String column) {
        id = column;
        uniqueId = true;
        return this;
    }

    public TestJobBuilder select(String name, String expression) {
        select.put(name, expression);
        return this;
    }

    public TestJobBuilder where(String condition) {
        where = condition;
        return this;
    }

    public TestJobBuilder failsIfEmpty() {
        failsIfEmpty = true;
        return this;
    }

    public TestJobBuilder join(Lookup lookup) {
        lookups.add(lookup);
        return this;
    }

    public TestJobBuilder output(String... names) {
        columns = List.of(names);
        return this;
    }

    /// The whole section `output`, in place of [#output] and [#margin()].
    public TestJobBuilder shape(Job.Output wanted) {
        shape = wanted;
        return this;
    }

    public TestJobBuilder retention(Retention wanted) {
        retention = wanted;
        return this;
    }

    public TestJobBuilder margin() {
        margin = true;
        return this;
    }

    public TestJobBuilder unseen(UnseenCategories wanted) {
        unseen = wanted;
        return this;
    }

    public TestJobBuilder categories(String feature, String... names) {
        categories.add(new Job.CategoryList(feature, List.of(names)));
        return this;
    }

    public TestJobBuilder checks(BatchCheck... wanted) {
        checks = List.of(wanted);
        return this;
    }

    /// The rows that a partition shall have.
    public TestJobBuilder partitions(int rows) {
        partitionRows = rows;
        return this;
    }

    public TestJobBuilder partitions(PartitionKey key) {
        partitionKey = key;
        return this;
    }

    public TestJobBuilder into(Destination wanted) {
        destination = wanted;
        return this;
    }

    public Job build() {
        return new Job(
                "flights",
                new ModelReference.Exact("delays", 3),
                features,
                new Job.Source(input, id, uniqueId, select, where, unseen, failsIfEmpty, null, lookups),
                destination,
                new Job.Partitions(partitionRows, partitionKey),
                new Job.ErrorPolicy(1, null),
                shape == null ? new Job.Output(columns, margin) : shape,
                categories,
                null,
                List.of(),
                JobTiming.ANY_TIME,
                Job.DEFAULT_PRIORITY,
                List.of(),
                null,
                checks,
                retention,
                null);
    }
}
