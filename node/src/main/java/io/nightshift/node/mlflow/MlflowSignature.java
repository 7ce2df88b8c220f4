package io.nightshift.node.mlflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.source.BoundJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The columns on which a model was trained, as its signature on the MLflow server has them.
///
/// @param columns in the order of training; each has a name
public record MlflowSignature(List<Column> columns) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_LISTED = 20;

    /// A column of the training data.
    ///
    /// @param type MLflow's name for the type of its values, such as `double`
    public record Column(String name, String type) {}

    public MlflowSignature {
        columns = List.copyOf(columns);
    }

    /// Reads the inputs of a signature.
    ///
    /// @param model by which messages call the model
    /// @return null if the columns have no names, as those of a tensor
    /// @throws FailureException permanent, if the text can't be read
    static @Nullable MlflowSignature parse(String inputs, String model) {
        JsonNode read;
        try {
            read = JSON.readTree(inputs);
        } catch (JsonProcessingException e) {
            throw FailureException.permanent(
                    "the signature of %s can't be read: it is no JSON. Log the model again".formatted(model));
        }
        List<Column> columns = new ArrayList<>();
        for (JsonNode column : read) {
            JsonNode name = column.path("name");
            if (!name.isTextual()) {
                return null;
            }
            columns.add(new Column(name.textValue(), column.path("type").asText()));
        }
        return columns.isEmpty() ? null : new MlflowSignature(columns);
    }

    /// The description of the model's file with the names of the signature, if the file has none.
    ///
    /// @param model by which messages call the model
    /// @throws FailureException permanent, if the signature is of another model than the file
    ModelDescription describe(ModelDescription file, String model) {
        Map<String, Column> byName =
                columns.stream().collect(Collectors.toMap(Column::name, Function.identity(), (first, _) -> first));
        if (!file.namesFeatures() && file.features().size() != columns.size()) {
            throw FailureException.permanent(
                    "the signature of %s has %d columns, and its file takes %d features without names. Log the model again with the signature of the data that it was trained on"
                            .formatted(model, columns.size(), file.features().size()));
        }
        List<String> missing = file.features().stream()
                .map(ModelFeature::name)
                .filter(name -> name != null && !byName.containsKey(name))
                .toList();
        if (!missing.isEmpty()) {
            throw FailureException.permanent(
                    "the signature of %s lacks the features %s of its file. Log the model again with the signature of the data that it was trained on"
                            .formatted(
                                    model,
                                    missing.stream().limit(MOST_LISTED).collect(Collectors.joining(", "))
                                            + (missing.size() > MOST_LISTED ? ", …" : "")));
        }
        List<ModelFeature> named = new ArrayList<>();
        for (int i = 0; i < file.features().size(); i++) {
            ModelFeature feature = file.features().get(i);
            Column column = feature.name() == null ? columns.get(i) : byName.get(feature.name());
            if (column != null && column.type().equals("string") && feature.type() instanceof FeatureType.Numeric) {
                throw FailureException.permanent(
                        "the column \"%s\" of %s is a text by its signature, and its file takes a number. Export the whole pipeline, which turns the text into a number (docs/how-to/mlflow.md)"
                                .formatted(column.name(), model));
            }
            named.add(column == null ? feature : new ModelFeature(column.name(), feature.type(), feature.missing()));
        }
        return file.withFeatures(named);
    }

    /// Refuses the names of the signature in another order. A file without names takes the columns by position, so
    /// such a list would give each feature the values of another one.
    ///
    /// @param features of the job; empty if it lists none
    /// @param model by which messages call the model
    /// @throws FailureException permanent, with the order of the training
    public void refuseOtherOrder(List<String> features, String model) {
        List<String> names = columns.stream().map(Column::name).toList();
        boolean isReordered = !features.equals(names)
                && features.stream()
                        .sorted()
                        .toList()
                        .equals(names.stream().sorted().toList());
        if (isReordered) {
            throw FailureException.permanent(
                    "features: the job lists the columns of the signature of %s in another order than the training had, and the model's file takes them by position. Leave features out, or list them in this order: %s"
                            .formatted(
                                    model,
                                    names.stream().limit(MOST_LISTED).collect(Collectors.joining(", "))
                                            + (names.size() > MOST_LISTED ? ", …" : "")));
        }
    }

    /// Checks the columns of a job against those of the training.
    ///
    /// @param model by which messages call the model
    /// @throws FailureException permanent, naming each column whose type differs
    public void check(BoundJob job, ModelDescription description, String model) {
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < job.features().size(); i++) {
            String name = description.features().get(i).name();
            String type = job.features().get(i).source().type();
            columns.stream()
                    .filter(column -> column.name().equals(name))
                    .filter(column -> !fits(column.type(), type))
                    .findFirst()
                    .ifPresent(column -> mistakes.add("\"%s\" is %s in %s, and was %s in training"
                            .formatted(name, type, job.file(), column.type())));
        }
        if (!mistakes.isEmpty()) {
            throw FailureException.permanent(
                    "the columns do not fit the signature of %s: %s. Convert them under source.select, for example %s"
                            .formatted(
                                    model,
                                    mistakes.stream().limit(MOST_LISTED).collect(Collectors.joining("; ")),
                                    "{age: CAST(age AS BIGINT)}"));
        }
    }

    /// Whether values of a column of a source can be those of a column of the training. Types that no feature has
    /// are not compared.
    private static boolean fits(String trained, String type) {
        return switch (trained) {
            case "string" -> BoundJob.isText(type);
            case "boolean" -> type.equals("BOOLEAN") || BoundJob.isInteger(type);
            case "integer", "long" ->
                type.equals("BOOLEAN") || BoundJob.isInteger(type) || type.matches("DECIMAL\\(\\d+,0\\)");
            case "float", "double" -> BoundJob.isNumber(type);
            default -> true;
        };
    }
}
