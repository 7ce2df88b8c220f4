package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.ModelFormatContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The contract, for exchange files with steps of most kinds.
class PipelineContractTest extends ModelFormatContract {

    @Override
    protected Map<String, byte[]> models() throws IOException {
        Map<String, byte[]> models = new HashMap<>();
        for (String name :
                List.of("kept-steps", "kept-median", "kept-vote", "kept-points", "kept-text", "kept-texts")) {
            String text = Files.readString(ExchangeFormatTest.kept().resolve(name + ".json"));
            models.put(name, text.strip().getBytes(StandardCharsets.UTF_8));
        }
        return models;
    }

    /// A step refuses infinite values where scikit-learn does.
    @Override
    protected boolean scoresInfinity() {
        return false;
    }
}
