package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;

/// CatBoost's binary files (`.cbm`).
public final class CatBoostFormat implements ModelFormat {

    private static final byte[] MAGIC = {'C', 'B', 'M', '1'};

    @Override
    public String name() {
        return "CatBoost (.cbm)";
    }

    @Override
    public boolean matches(byte[] content) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (content.length <= i || content[i] != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return CatBoostReader.read(content);
    }
}
