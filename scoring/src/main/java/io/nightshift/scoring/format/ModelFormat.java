package io.nightshift.scoring.format;

import io.nightshift.scoring.form.ModelDefinition;

/// A format of model files. A format is recognised by the content of a file, never by the file's name.
///
/// A format has no state, so threads may share it. Model files may come from an attacker. So a reader
/// allocates no more memory for a length in the file than there are bytes for it, ends on every content, and
/// runs no code that the file names.
public interface ModelFormat {

    /// The format in a few words for people, as «XGBoost (JSON and UBJSON)».
    String name();

    /// Whether a file's content is of this format, judged by its first bytes.
    ///
    /// @param content all bytes of the file, or none
    boolean matches(byte[] content);

    /// Reads a model.
    ///
    /// @param content all bytes of a file that [#matches]
    /// @throws MalformedModelException if the file is broken, or holds something that is not supported
    /// @throws IllegalArgumentException if the file breaks a rule of the model's form, or the model needs a
    ///     library that is missing
    ModelDefinition read(byte[] content) throws MalformedModelException;
}
