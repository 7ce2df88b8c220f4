package io.nightshift.node.mlflow;

import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// The file `MLmodel` next to a model, which names the libraries that can read the model (its flavors), their
/// files, and the columns of the training data.
///
/// Reads the parser's events and keeps the texts in maps only, since the file may be hostile: it creates no
/// objects that the file names, follows no aliases, and uses no stack for each level of nesting.
///
/// @param flavors the names of the libraries
/// @param values the texts in maps, by their keys joined with `/`, such as `flavors/xgboost/data`
record MlmodelFile(Set<String> flavors, Map<String, String> values) {

    /// The name of the file.
    static final String NAME = "MLmodel";

    /// The most bytes of the file.
    static final int MOST_BYTES = 4 << 20;

    /// The parser's time grows with the square of the depth.
    private static final int MOST_DEPTH = 50;

    private static final String FLAVORS = "flavors/";
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setCodePointLimit(MOST_BYTES).build();

    /// The flavors whose file Nightshift reads.
    private static final List<String> READ = List.of("xgboost", "lightgbm", "catboost", "onnx");

    MlmodelFile {
        flavors = Set.copyOf(flavors);
        values = Map.copyOf(values);
    }

    /// Reads the content of the file.
    ///
    /// @param model by which messages call the model
    /// @throws FailureException permanent, if it is no YAML
    static MlmodelFile parse(String yaml, String model) {
        Map<String, String> values = new LinkedHashMap<>();
        Set<String> flavors = new TreeSet<>();
        try {
            Reader reader = new Reader(values, flavors);
            for (Event event : new Parse(SETTINGS).parseString(yaml)) {
                reader.accept(event);
                if (reader.path.size() > MOST_DEPTH) {
                    throw FailureException.permanent(
                            "the file MLmodel of %s is nested in more than %d levels".formatted(model, MOST_DEPTH));
                }
            }
        } catch (YamlEngineException e) {
            throw FailureException.permanent("the file MLmodel of %s is no YAML: %s"
                    .formatted(model, String.valueOf(e.getMessage()).strip()));
        }
        return new MlmodelFile(flavors, values);
    }

    /// Follows where in the nested maps an event is.
    private static final class Reader {

        private final Map<String, String> values;
        private final Set<String> flavors;

        /// The keys that lead here, the innermost first; an empty one inside a list.
        private final Deque<String> path = new ArrayDeque<>();
        /// For each open collection whether it is a map.
        private final Deque<Boolean> maps = new ArrayDeque<>();
        private @Nullable String key;

        Reader(Map<String, String> values, Set<String> flavors) {
            this.values = values;
            this.flavors = flavors;
        }

        void accept(Event event) {
            switch (event) {
                case MappingStartEvent _ -> open(true);
                case SequenceStartEvent _ -> open(false);
                case MappingEndEvent _ -> close();
                case SequenceEndEvent _ -> close();
                case AliasEvent _ -> value(null);
                case ScalarEvent scalar -> value(scalar.getValue());
                default -> {} // documents and streams
            }
        }

        private void open(boolean isMap) {
            path.push(key == null ? "" : key);
            maps.push(isMap);
            key = null;
        }

        private void close() {
            maps.pop();
            path.pop();
            key = null;
        }

        private void value(@Nullable String text) {
            if (!Boolean.TRUE.equals(maps.peek())) {
                return;
            }
            if (key == null) {
                key = text == null ? "" : text;
                if (path.size() == 2 && "flavors".equals(path.peek())) {
                    flavors.add(key);
                }
                return;
            }
            if (text != null && path.size() <= 3) {
                List<String> keys = new ArrayList<>(path.reversed());
                keys.removeFirst();
                keys.add(key);
                values.put(String.join("/", keys), text);
            }
            key = null;
        }
    }

    /// The columns that the model was trained on; null if the file does not say.
    @Nullable
    MlflowSignature signature(String model) {
        String inputs = values.get("signature/inputs");
        return inputs == null ? null : MlflowSignature.parse(inputs, model);
    }

    /// The name of the file that Nightshift reads.
    ///
    /// @param model by which messages call the model
    /// @throws FailureException permanent, with the reason, if the folder has none
    String modelFile(String model) {
        for (String flavor : READ) {
            String file = values.get(FLAVORS + flavor + "/data");
            if (file == null) {
                continue;
            }
            if (isPickle(file)) {
                throw pickle(model, flavor, file);
            }
            if (!file.equals(ArtifactFolder.checkedName(file, model))) {
                throw FailureException.permanent(
                        "%s: its flavor %s names the file %s, which is not directly in the model's folder. Log the model again with mlflow.%s.log_model"
                                .formatted(model, flavor, MlflowServer.printable(file), flavor));
            }
            return file;
        }
        if (flavors.contains("sklearn")) {
            throw pickle(model, "sklearn", values.getOrDefault(FLAVORS + "sklearn/pickled_model", "model.pkl"));
        }
        throw FailureException.permanent(
                "%s has the flavors %s, and Nightshift reads %s. Export the model as described in docs/how-to/mlflow.md, and log the file next to the model as %s"
                        .formatted(
                                model,
                                flavors.isEmpty()
                                        ? "(none)"
                                        : flavors.stream()
                                                .sorted()
                                                .map(MlflowServer::printable)
                                                .collect(Collectors.joining(", ")),
                                String.join(", ", READ),
                                MlflowModels.EXPORTED + "json or " + MlflowModels.EXPORTED + "onnx"));
    }

    private static boolean isPickle(String file) {
        return file.matches(".*\\.(pkl|pickle|joblib|skops|cloudpickle)");
    }

    /// Names the command that exports a model that is a pickle.
    private static FailureException pickle(String model, String flavor, String named) {
        String file = MlflowServer.printable(named);
        String export = switch (flavor) {
            case "lightgbm" -> "model.booster_.save_model(\"%stxt\")".formatted(MlflowModels.EXPORTED);
            case "xgboost" -> "model.save_model(\"%subj\")".formatted(MlflowModels.EXPORTED);
            case "catboost" -> "model.save_model(\"%scbm\")".formatted(MlflowModels.EXPORTED);
            default -> "python3 tools/export-sklearn.py %s %sjson".formatted(file, MlflowModels.EXPORTED);
        };
        return FailureException.permanent(
                "%s is a %s model in the pickle %s, and Nightshift never opens a pickle, because that runs its author's code. Export it where you trust it: %s. Then log that file next to the model (docs/how-to/mlflow.md)"
                        .formatted(model, flavor, file, export));
    }
}
