package io.nightshift.scoring.format.xgboost;

import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.document.UbjsonDocument;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.nio.ByteBuffer;
import java.util.Set;

/// XGBoost's JSON and UBJSON files.
public final class XgboostFormat implements ModelFormat {

    /// The statistics of the training for each node that neither scores nor reasons need.
    private static final Set<String> STATISTICS = Set.of("base_weights", "loss_changes", "parents");

    @Override
    public String name() {
        return "XGBoost (JSON and UBJSON)";
    }

    @Override
    public boolean matches(byte[] content) {
        return isUbjson(content) || JsonDocument.firstCharacter(content) == '{';
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return isUbjson(content)
                ? XgboostReader.read(UbjsonDocument.read(ByteBuffer.wrap(content), STATISTICS), "xgboost-ubjson")
                : XgboostReader.read(JsonDocument.read(content, Precision.FLOAT32, STATISTICS), "xgboost-json");
    }

    /// UBJSON as XGBoost writes it: an object whose first member's name has a length with a type marker.
    private static boolean isUbjson(byte[] content) {
        return content.length > 2 && content[0] == '{' && "iUIlL$#N".indexOf(content[1]) >= 0;
    }
}
