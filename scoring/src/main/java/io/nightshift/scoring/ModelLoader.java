package io.nightshift.scoring;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
import io.nightshift.scoring.format.ModelLibrary;
import io.nightshift.scoring.format.catboost.CatBoostFormat;
import io.nightshift.scoring.format.lightgbm.LightGbmFormat;
import io.nightshift.scoring.format.mojo.MojoFormat;
import io.nightshift.scoring.format.nightshift.NightshiftFormat;
import io.nightshift.scoring.format.onnx.OnnxFormat;
import io.nightshift.scoring.format.sklearn.ExchangeFormat;
import io.nightshift.scoring.format.xgboost.XgboostFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Loads model files of every supported format. A loader is immutable, so threads may share it.
///
/// A new format is one more line in [#formats(List)].
public final class ModelLoader {

    /// Larger files are refused: their arrays would not fit into memory.
    public static final int MAX_BYTES = 1 << 30;

    private final List<ModelFormat> formats;

    /// @param libraries those whose models the loader can load in addition, each from a module of its own
    public ModelLoader(ModelLibrary... libraries) {
        this.formats = formats(List.of(libraries));
    }

    /// The formats, in the order in which they are asked whether a file is theirs. XGBoost comes behind the
    /// exchange format: both are JSON, and XGBoost's format takes any.
    private static List<ModelFormat> formats(List<ModelLibrary> libraries) {
        List<ModelFormat> formats = new ArrayList<>();
        formats.add(new NightshiftFormat(libraries));
        libraries.forEach(library -> formats.add(library.format()));
        formats.add(new LightGbmFormat());
        formats.add(new CatBoostFormat());
        formats.add(new MojoFormat());
        formats.add(new ExchangeFormat(new XgboostFormat(), new LightGbmFormat(), new CatBoostFormat()));
        formats.add(new XgboostFormat());
        formats.add(new OnnxFormat());
        return List.copyOf(formats);
    }

    /// Loads a model file. The content decides the format, not the name.
    ///
    /// @param file a model file of any supported format
    /// @throws ModelException if there is no such file, or it is broken, too large or not supported
    /// @throws UncheckedIOException if reading fails
    public Model load(Path file) {
        return prepared("The model file " + file, content(file));
    }

    /// Loads the content of a model file.
    ///
    /// @param name what messages call the model
    /// @param content the content of a model file
    /// @throws ModelException if the content is broken, too large or not supported
    public Model load(String name, byte[] content) {
        String what = "The model " + name;
        checkSize(what, content.length);
        return prepared(what, content);
    }

    /// Loads a model from a stream, to its end, without closing it.
    ///
    /// @param name what messages call the model
    /// @param content the content of a model file, read to its end; not closed
    /// @throws ModelException if the content is broken, too large or not supported
    /// @throws UncheckedIOException if reading fails
    public Model load(String name, InputStream content) {
        try {
            return load(name, content.readNBytes(MAX_BYTES + 1));
        } catch (IOException failed) {
            throw new UncheckedIOException("The model " + name + " could not be read: " + failed.getMessage(), failed);
        }
    }

    private Model prepared(String what, byte[] content) {
        try {
            ModelDefinition definition = read(content);
            Model model = Model.of(definition);
            ProofReplay.check(model, definition);
            return model;
        } catch (MalformedModelException | IllegalArgumentException malformed) {
            throw refused(what, malformed.getMessage(), malformed);
        } catch (OutOfMemoryError full) {
            throw refused(what, "it needs more memory than this process has (-Xmx)", full);
        }
    }

    private ModelDefinition read(byte[] content) throws MalformedModelException {
        for (ModelFormat format : formats) {
            if (format.matches(content)) {
                return format.read(content);
            }
        }
        throw new MalformedModelException(unsupported(content) + " Supported are "
                + formats.stream().map(ModelFormat::name).collect(Collectors.joining(", ")) + ".");
    }

    /// Names a format that is known, but not supported by this loader.
    private static String unsupported(byte[] content) {
        String start = new String(content, 0, Math.min(content.length, 64), StandardCharsets.ISO_8859_1);
        if (content.length == 0) {
            return "the file is empty.";
        }
        if (start.startsWith("binf") || start.startsWith("bs64")) {
            return "it is an XGBoost model in the old binary format; load it with XGBoost and save it as .json or .ubj.";
        }
        if (start.startsWith("\u0080\u0003") || start.startsWith("\u0080\u0004") || start.startsWith("\u0080\u0005")) {
            return "it is a Python pickle or joblib file, which would run its author's code; export a scikit-learn model"
                    + " by tools/export-sklearn.py.";
        }
        if (start.startsWith("\u00ac\u00ed")) {
            return "it is a serialised Java object, as Smile saves its models; it needs the module nightshift-smile: on"
                    + " the class path of a node, or in a program by new ModelLoader(new SmileLibrary()).";
        }
        return "its format is not known.";
    }

    private static byte[] content(Path file) {
        String what = "The model file " + file;
        try {
            if (Files.isDirectory(file)) {
                throw refused(what, "it is a directory, not a model file", null);
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                // Reading a pipe or a device may never end.
                throw refused(what, "it is not a regular file", null);
            }
            checkSize(what, Files.size(file));
            return Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            throw refused(what, "there is no such file", missing);
        } catch (OutOfMemoryError full) {
            throw refused(what, "it needs more memory than this process has (-Xmx)", full);
        } catch (IOException failed) {
            throw new UncheckedIOException(what + " could not be read: " + failed.getMessage(), failed);
        }
    }

    private static void checkSize(String what, long bytes) {
        if (bytes > MAX_BYTES) {
            throw refused(what, "it has more than " + MAX_BYTES + " bytes, the largest supported size", null);
        }
    }

    private static ModelException refused(String what, @Nullable String why, @Nullable Throwable cause) {
        return new ModelException(what + " is refused: " + why, cause);
    }
}
