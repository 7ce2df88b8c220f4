package io.nightshift.scoring;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import java.io.InputStream;
import java.nio.file.Path;

/// A loaded model. It is immutable, so threads may share it; each thread scores with a [#scorer()] of its
/// own.
public interface Model {

    /// The model's inputs and outputs.
    ModelDescription description();

    /// A new scorer for the use of one thread. Scorers share the model's tables.
    Scorer scorer();

    /// A new scorer for the use of one thread, for a model with features that are texts ([FeatureType.Text]).
    ///
    /// @param texts the texts of each block that is scored; a column of texts has their numbers
    default Scorer scorer(TextTable texts) {
        return scorer();
    }

    /// The code that computes the scores, and the reason for that choice: a phrase for people.
    String kernel();

    /// An estimate of the memory that the model holds, in bytes, without its scorers.
    long heapBytes();

    /// Loads a model file. The content decides the format, not the name.
    ///
    /// Models of libraries that need a module of their own, such as Smile, are loaded by a [ModelLoader] that
    /// was given the library.
    ///
    /// @param file a model file of any supported format
    /// @throws ModelException if there is no such file, or it is broken, too large or not supported
    /// @throws java.io.UncheckedIOException if reading fails
    static Model load(Path file) {
        return new ModelLoader().load(file);
    }

    /// Loads the content of a model file.
    ///
    /// @param name what messages call the model
    /// @param content the content of a model file
    /// @throws ModelException if the content is broken, too large or not supported
    static Model load(String name, byte[] content) {
        return new ModelLoader().load(name, content);
    }

    /// Loads a model from a stream, to its end, without closing it.
    ///
    /// @param name what messages call the model
    /// @param content the content of a model file, read to its end; not closed
    /// @throws ModelException if the content is broken, too large or not supported
    /// @throws java.io.UncheckedIOException if reading fails
    static Model load(String name, InputStream content) {
        return new ModelLoader().load(name, content);
    }

    /// A model from its definition, for programs that build or train models themselves.
    ///
    /// @param definition the description of the model and what it computes
    /// @throws IllegalArgumentException if the model needs a library that is missing, or that refuses the
    ///     model
    static Model of(ModelDefinition definition) {
        return new LoadedModel(definition);
    }
}
