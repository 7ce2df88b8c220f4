package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;

/// Nightshift's exchange files, which `tools/export-sklearn.py` writes.
public final class ExchangeFormat implements ModelFormat {

    @Override
    public String name() {
        return "scikit-learn (exported by tools/export-sklearn.py)";
    }

    @Override
    public boolean matches(byte[] content) {
        return ExchangeReader.isExchange(content);
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return ExchangeReader.read(content);
    }
}
