package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
import java.util.List;

/// Nightshift's exchange files, which `tools/export-sklearn.py` writes.
public final class ExchangeFormat implements ModelFormat {

    private final List<ModelFormat> others;

    /// @param others the formats of the forests of other libraries that a pipeline may have as a step
    public ExchangeFormat(ModelFormat... others) {
        this.others = List.of(others);
    }

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
        return ExchangeReader.read(content, others);
    }
}
