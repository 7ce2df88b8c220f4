package io.nightshift.smile;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
import io.nightshift.scoring.format.ModelLibrary;
import io.nightshift.smile.format.SmileFormat;
import io.nightshift.smile.model.SmileModel;

/// Smile, as a library whose models a [io.nightshift.scoring.ModelLoader] can load:
/// `new ModelLoader(new SmileLibrary())`.
public final class SmileLibrary implements ModelLibrary {

    @Override
    public String name() {
        return SmileModel.LIBRARY;
    }

    @Override
    public ModelFormat format() {
        return new SmileFormat();
    }

    @Override
    public RowForm rebuild(ModelPart part) throws MalformedModelException {
        return SmileModel.form(part);
    }
}
