package io.nightshift.node.lineage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.nightshift.api.BatchDescription;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.dataset.Dataset;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineage.RunEvent.EventType;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Writes OpenLineage events. The library's classes are generated from the schema of OpenLineage, so that an event
/// has its form.
final class LineageEvents {

    private static final URI PRODUCER = URI.create("https://github.com/nightshift-io/nightshift");

    /// The facet of a run with what OpenLineage has no facet for.
    private static final String FACET = "nightshift_batch";

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private final OpenLineage lineage = new OpenLineage(PRODUCER);
    private final String namespace;
    private final Destinations destinations;
    private final String version;

    /// @param namespace of the jobs
    /// @param destinations of the node, with its data sources
    /// @param version of the program
    LineageEvents(String namespace, Destinations destinations, String version) {
        this.namespace = namespace;
        this.destinations = destinations;
        this.version = version;
    }

    /// An event as JSON.
    ///
    /// @param submitted the first entry of the batch's ledger
    /// @param pinned the files of the batch's plan; empty if it has none, or if they say nothing about versions
    /// @param description the batch at the time of the event
    /// @param at when it happened
    String write(
            EventType type,
            BatchEvent.Submitted submitted,
            List<SourceFile> pinned,
            BatchDescription description,
            Instant at) {
        OpenLineage.RunEvent event = lineage.newRunEventBuilder()
                .eventType(type)
                .eventTime(at.atZone(ZoneOffset.UTC))
                .run(lineage.newRun(runId(submitted.batch()), runFacets(type, submitted, description)))
                .job(lineage.newJob(
                        namespace,
                        submitted.job().name(),
                        lineage.newJobFacetsBuilder()
                                .jobType(lineage.newJobTypeJobFacetBuilder()
                                        .processingType("BATCH")
                                        .integration("NIGHTSHIFT")
                                        .jobType("JOB")
                                        .build())
                                .build()))
                .inputs(inputs(submitted, pinned, description))
                .outputs(outputs(type, submitted, description))
                .build();
        try {
            return MAPPER.writeValueAsString(event);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event can't be written as JSON", e);
        }
    }

    /// The same for all events of a batch.
    private UUID runId(BatchId batch) {
        return UUID.nameUUIDFromBytes((namespace + "/" + batch).getBytes(StandardCharsets.UTF_8));
    }

    private OpenLineage.RunFacets runFacets(
            EventType type, BatchEvent.Submitted submitted, BatchDescription description) {
        OpenLineage.RunFacet batch = lineage.newRunFacet();
        Map<String, Object> values = batch.getAdditionalProperties();
        values.put("batch", submitted.batch().value());
        values.put("model", description.model());
        values.put("modelSha256", version(submitted, description).sha256());
        values.put("parameters", description.parameters());
        values.put("predictions", description.predictions());
        values.put("quarantined", description.quarantined());
        OpenLineage.RunFacetsBuilder facets = lineage.newRunFacetsBuilder()
                .processing_engine(lineage.newProcessingEngineRunFacet(version, "Nightshift", null))
                .put(FACET, batch);
        if (submitted.due() != null) {
            facets.nominalTime(lineage.newNominalTimeRunFacet(submitted.due().atZone(ZoneOffset.UTC), null));
        }
        if (type == EventType.FAIL || type == EventType.ABORT) {
            String reason = description.reason() == null ? "no reason" : description.reason();
            facets.errorMessage(lineage.newErrorMessageRunFacet(reason, "Java", null));
        }
        return facets.build();
    }

    /// The data, and the model as a dataset of its own.
    private List<OpenLineage.InputDataset> inputs(
            BatchEvent.Submitted submitted, List<SourceFile> pinned, BatchDescription description) {
        List<OpenLineage.InputDataset> inputs = new ArrayList<>();
        for (LineageDatasets.Read read : new LineageDatasets(submitted.job(), destinations).inputs(pinned)) {
            OpenLineage.InputDatasetBuilder input = lineage.newInputDatasetBuilder()
                    .namespace(read.dataset().namespace())
                    .name(read.dataset().name());
            if (read.version() != null) {
                input.facets(lineage.newDatasetFacetsBuilder()
                        .version(lineage.newDatasetVersionDatasetFacet(read.version()))
                        .build());
            }
            // The number is that of the source, which comes first.
            if (inputs.isEmpty() && description.partitions() > 0) {
                input.inputFacets(lineage.newInputDatasetInputFacetsBuilder()
                        .inputStatistics(lineage.newInputStatisticsInputDatasetFacetBuilder()
                                .rowCount(description.rows())
                                .build())
                        .build());
            }
            inputs.add(input.build());
        }
        Dataset model = model(submitted);
        inputs.add(lineage.newInputDatasetBuilder()
                .namespace(model.namespace())
                .name(model.name())
                .facets(lineage.newDatasetFacetsBuilder()
                        .datasetType(lineage.newDatasetTypeDatasetFacet("MODEL", null))
                        .version(lineage.newDatasetVersionDatasetFacet(
                                String.valueOf(version(submitted, description).version())))
                        .build())
                .build());
        return inputs;
    }

    /// The version that scores the batch.
    private static ModelVersion version(BatchEvent.Submitted submitted, BatchDescription description) {
        ModelVersion candidate = submitted.candidate();
        return candidate != null && candidate.toString().equals(description.model()) ? candidate : submitted.model();
    }

    /// A registered model by its name, and another one by its file.
    private Dataset model(BatchEvent.Submitted submitted) {
        return switch (submitted.job().model()) {
            case ModelReference.File(String path) -> new Dataset("file", path);
            case ModelReference.Mlflow(String address, MlflowPin pin) ->
                new Dataset("mlflow", pin == null ? address : pin.version());
            case ModelReference _ ->
                new Dataset(namespace, "models/" + submitted.model().name());
        };
    }

    private List<OpenLineage.OutputDataset> outputs(
            EventType type, BatchEvent.Submitted submitted, BatchDescription description) {
        List<Dataset> datasets = new LineageDatasets(submitted.job(), destinations).outputs();
        // The size is that of all destinations together.
        Long bytes = datasets.size() == 1 ? description.bytes() : null;
        return datasets.stream()
                .map(dataset -> output(dataset, type, submitted, description.predictions(), bytes))
                .toList();
    }

    private OpenLineage.OutputDataset output(
            Dataset dataset, EventType type, BatchEvent.Submitted submitted, long predictions, @Nullable Long bytes) {
        OpenLineage.OutputDatasetBuilder output =
                lineage.newOutputDatasetBuilder().namespace(dataset.namespace()).name(dataset.name());
        if (type == EventType.COMPLETE) {
            output.facets(lineage.newDatasetFacetsBuilder()
                            .version(lineage.newDatasetVersionDatasetFacet(
                                    submitted.batch().value()))
                            .build())
                    .outputFacets(lineage.newOutputDatasetOutputFacetsBuilder()
                            .outputStatistics(lineage.newOutputStatisticsOutputDatasetFacetBuilder()
                                    .rowCount(predictions)
                                    .size(bytes)
                                    .build())
                            .build());
        }
        return output.build();
    }
}
