package io.nightshift.scoring.format.nightshift;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
import io.nightshift.scoring.format.ModelLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/// Nightshift's own model file: flat, checksummed, and the same bytes for the same model.
///
/// ```text
/// 8 bytes   magic, "NSMODEL" and a zero
/// int       format version, 1
/// int       section: 1 forest, 2 linear form, 3 graph, 4 parts of another library's model, 5 pipeline,
///           6 pipeline with texts among its parameters, 7 forest with covers
/// …         description, then the section's arrays (see ModelEncoder)
/// 32 bytes  SHA-256 of everything before
/// ```
///
/// Numbers are little-endian. Trees are stored as their nodes in level order, from which the children follow,
/// so the file holds no index that could point outside. A file that is truncated, altered or longer than it
/// says is refused.
public final class NightshiftFormat implements ModelFormat {

    private static final byte[] MAGIC = {'N', 'S', 'M', 'O', 'D', 'E', 'L', 0};
    private static final int VERSION = 1;
    private static final int DIGEST_BYTES = 32;

    private final List<ModelLibrary> libraries;

    /// @param libraries the libraries that rebuild their models from parts
    public NightshiftFormat(List<ModelLibrary> libraries) {
        this.libraries = List.copyOf(libraries);
    }

    @Override
    public String name() {
        return "Nightshift's own format";
    }

    /// Writes a model. Equal models have equal bytes.
    ///
    /// @param model the model
    public static byte[] encode(ModelDefinition model) {
        ModelEncoder encoder = new ModelEncoder();
        encoder.bytes(MAGIC);
        encoder.integer(VERSION);
        encoder.model(model);
        return seal(encoder.toBytes());
    }

    /// Appends the checksum to the content of a file.
    static byte[] seal(byte[] body) {
        byte[] file = Arrays.copyOf(body, body.length + DIGEST_BYTES);
        System.arraycopy(sha256(body, body.length), 0, file, body.length, DIGEST_BYTES);
        return file;
    }

    @Override
    public boolean matches(byte[] content) {
        return content.length >= MAGIC.length && Arrays.equals(content, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        int body = content.length - DIGEST_BYTES;
        if (body < MAGIC.length + Integer.BYTES) {
            throw new MalformedModelException("it ends early, after " + content.length + " bytes");
        }
        ByteBuffer buffer =
                ByteBuffer.wrap(content, MAGIC.length, body - MAGIC.length).order(ByteOrder.LITTLE_ENDIAN);
        int version = buffer.getInt();
        if (version != VERSION) {
            throw new MalformedModelException(
                    "it has the format version " + version + "; this program reads version " + VERSION);
        }
        if (!MessageDigest.isEqual(sha256(content, body), Arrays.copyOfRange(content, body, content.length))) {
            throw new MalformedModelException("its checksum does not match: it was truncated or altered");
        }
        return new ModelDecoder(buffer, libraries).model();
    }

    private static byte[] sha256(byte[] content, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(content, 0, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
