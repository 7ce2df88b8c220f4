package io.nightshift.node.lineage;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.lake.LakeReader;
import io.nightshift.source.lake.PinnedSnapshot;
import io.nightshift.storage.dataset.Dataset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The names of a job's inputs and outputs by the naming rules of OpenLineage, so that a catalogue finds the
/// same data under the name that other programs give it.
///
/// A folder of files is one dataset, whatever the parameters of a run: its name ends before the first part of
/// the path that is a glob or a partition (`dt=2026-11-25`), or contains the value of a parameter.
final class LineageDatasets {

    private static final Pattern GLOB_OR_PARTITION = Pattern.compile(".*[*?\\[{].*|[^=/]+=.*");

    private final Job job;
    private final Destinations destinations;

    /// @param job as it was submitted: with absolute paths, and values for its parameters
    /// @param destinations of the node, with its data sources
    LineageDatasets(Job job, Destinations destinations) {
        this.job = job;
        this.destinations = destinations;
    }

    /// A dataset that a batch reads.
    ///
    /// @param version the ID of the Iceberg snapshot or the version of the Delta table; null for other data, and
    ///     before the batch has a plan
    record Read(Dataset dataset, @Nullable String version) {}

    /// The source and the lookups, each once. A table that is read in two versions is there twice.
    ///
    /// @param pinned the files of the batch's plan and of its extensions; empty if it has none
    List<Read> inputs(List<SourceFile> pinned) {
        Set<Read> inputs = new LinkedHashSet<>(read(job.source().input(), pinned, null));
        List<Lookup> lookups = job.source().lookups();
        for (int i = 0; i < lookups.size(); i++) {
            inputs.addAll(read(lookups.get(i).input(), pinned, i));
        }
        return List.copyOf(inputs);
    }

    /// Whether the plan of a job says which versions of its inputs are read.
    static boolean hasVersions(Job job) {
        return Stream.concat(
                        Stream.of(job.source().input()),
                        job.source().lookups().stream().map(Lookup::input))
                .anyMatch(input -> input instanceof IcebergInput || input instanceof DeltaInput);
    }

    private List<Read> read(Input input, List<SourceFile> pinned, @Nullable Integer lookup) {
        String version = pinned.stream()
                .filter(file -> Objects.equals(file.lookup(), lookup))
                .map(LakeReader::pin)
                .filter(Objects::nonNull)
                // An extended plan has files of several snapshots: the newest one has them all.
                .max(Comparator.comparingLong(PinnedSnapshot::sequence))
                .map(PinnedSnapshot::snapshot)
                .orElse(null);
        return of(input).stream().map(dataset -> new Read(dataset, version)).toList();
    }

    private List<Dataset> of(Input input) {
        return switch (input) {
            case ParquetInput parquet -> files(parquet.paths());
            case CsvInput csv -> files(csv.paths());
            case NdjsonInput ndjson -> files(ndjson.paths());
            case DatabaseInput database ->
                List.of(Dataset.ofTable(destinations.dataSources().get(database.dataSource()), null, database.table()));
            case IcebergInput iceberg -> List.of(destinations.sources().dataset(iceberg));
            case DeltaInput delta -> files(List.of(delta.table()));
        };
    }

    /// The destinations, in the order of the job.
    List<Dataset> outputs() {
        return destinations.of(job).datasets().stream().map(this::fixed).toList();
    }

    private List<Dataset> files(List<String> paths) {
        return paths.stream().map(Dataset::ofFiles).map(this::fixed).distinct().toList();
    }

    private Dataset fixed(Dataset dataset) {
        return dataset.isOfFiles() ? new Dataset(dataset.namespace(), fixed(dataset.name())) : dataset;
    }

    /// The path without the parts that differ from run to run.
    private String fixed(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            if (GLOB_OR_PARTITION.matcher(part).matches() || hasParameter(part)) {
                break;
            }
            parts.add(part);
        }
        String fixed = String.join("/", parts);
        String name = fixed.endsWith("/") ? fixed.substring(0, fixed.length() - 1) : fixed;
        return name.isEmpty() ? "/" : name;
    }

    private boolean hasParameter(String part) {
        return job.parameters().stream()
                .map(Parameter::value)
                .anyMatch(value -> !value.isEmpty() && part.contains(value));
    }
}
