package io.nightshift.worker.model;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.FeatureType.Precision;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Reads a model file of any supported format. The format is told by the content, never by the name.
public final class ModelImport {

    private static final String SUPPORTED = "Supported are XGBoost (JSON and UBJSON), LightGBM (text), scikit-learn"
            + " (exported by tools/export-sklearn.py), ONNX, Smile (a serialised model object) and"
            + " Nightshift's own format.";

    /// Larger files are refused: their arrays would not fit.
    private static final long MAX_BYTES = 1L << 30;

    private ModelImport() {}

    /// Reads a model and prepares it for scoring.
    ///
    /// @throws FailureException permanently if the file is not there, broken, too large, or not supported,
    ///     with a sentence that names the file, what was found and what is supported; transiently if reading
    ///     it failed
    public static Model read(Path file) {
        byte[] content = content(file);
        try {
            return read(content);
        } catch (MalformedModelException malformed) {
            throw refused(file, malformed.getMessage(), malformed);
        } catch (IllegalArgumentException invalid) {
            throw refused(file, invalid.getMessage(), invalid);
        } catch (OutOfMemoryError full) {
            throw refused(file, "it needs more memory than this process has (-Xmx)", full);
        } catch (IOException impossible) {
            throw refused(file, "it could not be read: " + impossible.getMessage(), impossible);
        }
    }

    private static StoredModel read(byte[] content) throws MalformedModelException, IOException {
        if (ModelFile.isModelFile(content)) {
            return ModelFile.decode(content);
        }
        if (startsWith(content, 0xAC, 0xED)) {
            return SmileImport.read(content);
        }
        if (LightGbmImport.isLightGbm(content)) {
            return LightGbmImport.read(content);
        }
        if (isUbjson(content)) {
            return XgboostImport.read(UbjsonDocument.read(ByteBuffer.wrap(content)), "xgboost-ubjson");
        }
        if (ExchangeImport.isExchange(content)) {
            return ExchangeImport.read(content);
        }
        if (firstCharacter(content) == '{') {
            return XgboostImport.read(
                    JsonDocument.read(new ByteArrayInputStream(content), Precision.FLOAT32), "xgboost-json");
        }
        if (content.length > 2 && content[0] == 0x08 && content[1] > 0 && content[1] < 0x20) {
            return OnnxImport.read(content);
        }
        throw new MalformedModelException(foreign(content) + " " + SUPPORTED);
    }

    /// Names a format that is known, but not supported.
    private static String foreign(byte[] content) {
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
        if (start.startsWith("CBM1")) {
            return "it is a CatBoost model.";
        }
        if (start.startsWith("PK\u0003\u0004")) {
            return "it is a ZIP archive.";
        }
        return "its format is not known.";
    }

    /// UBJSON as XGBoost writes it: an object whose first member's name has a length with a type marker.
    private static boolean isUbjson(byte[] content) {
        return content.length > 2 && content[0] == '{' && "iUIlL$#N".indexOf(content[1]) >= 0;
    }

    private static int firstCharacter(byte[] content) {
        int at = startsWith(content, 0xEF, 0xBB, 0xBF) ? 3 : 0;
        while (at < content.length
                && (content[at] == ' ' || content[at] == '\n' || content[at] == '\r' || content[at] == '\t')) {
            at++;
        }
        return at < content.length ? content[at] : -1;
    }

    private static boolean startsWith(byte[] content, int... bytes) {
        if (content.length < bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if ((content[i] & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] content(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw refused(file, "it is a directory, not a model file", null);
            }
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw refused(file, "it has " + size + " bytes; supported are files up to " + MAX_BYTES, null);
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            throw refused(file, "there is no such file", missing);
        } catch (OutOfMemoryError full) {
            throw refused(file, "it needs more memory than this process has (-Xmx)", full);
        } catch (IOException failed) {
            throw new FailureException(
                    Failure.transientFailure("The model file " + file + " could not be read: " + failed.getMessage()),
                    failed);
        }
    }

    private static FailureException refused(Path file, @Nullable String why, @Nullable Throwable cause) {
        return new FailureException(Failure.permanent("The model file " + file + " is refused: " + why), cause);
    }
}
