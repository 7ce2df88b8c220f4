package io.nightshift.scoring.format.lightgbm;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;

/// LightGBM's text files.
public final class LightGbmFormat implements ModelFormat {

    @Override
    public String name() {
        return "LightGBM (text)";
    }

    @Override
    public boolean matches(byte[] content) {
        return LightGbmReader.isLightGbm(content);
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return LightGbmReader.read(content);
    }
}
