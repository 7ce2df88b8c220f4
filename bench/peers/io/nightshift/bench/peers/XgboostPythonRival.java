package io.nightshift.bench.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/// XGBoost by its Python package: in-place prediction.
final class XgboostPythonRival implements Rival {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final XgboostRival trainer;

    XgboostPythonRival(Rows flights) {
        this.trainer = new XgboostRival(flights);
    }

    @Override
    public List<Contest> contests() {
        return trainer.contests().stream()
                .map(contest -> new Contest(
                        contest.model() + ", Python's", contest.rows(), contest.target(), (rows, file) -> {
                            contest.trainer().train(rows, file).close();
                            Path folder = Files.createDirectories(file.resolveSibling("../matrix-" + rows.features()));
                            Path model = folder.resolve("model.json");
                            save(file + ".ubj", model);
                            return new Python(rows, folder, "xgboost_inplace.py", model.toString());
                        }))
                .toList();
    }

    /// With the base as a number: all versions read that, but those before 3.1 take a list for 0.5 without a word.
    private static void save(String model, Path copy) throws XGBoostError, IOException {
        JsonNode json = JSON.readTree(XGBoost.loadModel(model).toByteArray("json"));
        ObjectNode parameters = (ObjectNode) json.at("/learner/learner_model_param");
        parameters.put("base_score", parameters.get("base_score").asText().replaceAll("[\\[\\]]", ""));
        JSON.writeValue(copy.toFile(), json);
    }
}
