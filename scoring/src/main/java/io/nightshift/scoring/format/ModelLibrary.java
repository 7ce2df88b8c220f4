package io.nightshift.scoring.format;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm;

/// A machine-learning library whose models are computed by its own code, in a module of its own. A program
/// that has the module gives the library to its [io.nightshift.scoring.ModelLoader].
public interface ModelLibrary {

    /// The library's name in lower case, as [RowForm.RowModel#library()] gives it and a model file stores it.
    String name();

    /// The format of the library's own files.
    ModelFormat format();

    /// Rebuilds a model from the parts in Nightshift's own model file.
    ///
    /// @param part the outermost part of the model
    /// @throws MalformedModelException if these parts are not a model
    RowForm rebuild(ModelPart part) throws MalformedModelException;
}
