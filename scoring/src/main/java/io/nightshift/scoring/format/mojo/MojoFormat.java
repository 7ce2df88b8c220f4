package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.document.ZipArchive;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;

/// H2O's MOJO files (`.zip`): gradient boosting, random forests and generalized linear models.
public final class MojoFormat implements ModelFormat {

    @Override
    public String name() {
        return "H2O MOJO (.zip)";
    }

    /// No other supported format is a ZIP archive.
    @Override
    public boolean matches(byte[] content) {
        return ZipArchive.isZip(content);
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return MojoReader.read(content);
    }
}
