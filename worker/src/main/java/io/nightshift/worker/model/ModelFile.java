package io.nightshift.worker.model;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/// Nightshift's own model file: flat, checksummed, and the same bytes for the same model.
///
/// ```text
/// 8 bytes   magic, "NSMODEL" and a zero
/// int       format version, 1 to 3
/// int       section: 1 forest, 2 linear form, 3 graph, 4 parts of a Smile model
/// …         description, then the section's arrays (see ModelEncoder)
/// 32 bytes  SHA-256 of all that stands before
/// ```
///
/// A model is written in the lowest version that can hold it, so that programs from before the newest can read it.
///
/// Numbers are little-endian. Trees are kept as their nodes in level order, from which the children follow, so
/// there is no index in the file that could point anywhere. A file that is truncated, altered or longer than it
/// says is refused.
public final class ModelFile {

    private static final byte[] MAGIC = {'N', 'S', 'M', 'O', 'D', 'E', 'L', 0};
    /// The newest format version.
    private static final int VERSION = 3;
    private static final int DIGEST_BYTES = 32;

    private ModelFile() {}

    /// Writes a model that was imported, trained or read by this package.
    ///
    /// @throws FailureException transiently if writing fails; what is left behind is refused by a reader
    public static void write(Model model, Path file) {
        try {
            Files.write(file, encode(model));
        } catch (IOException failed) {
            throw new FailureException(
                    Failure.transientFailure(
                            "The model file " + file + " could not be written: " + failed.getMessage()),
                    failed);
        }
    }

    /// The bytes that [#write] writes. Equal models have equal bytes.
    public static byte[] encode(Model model) {
        if (!(model instanceof StoredModel stored)) {
            throw new IllegalArgumentException("not a model of this package: " + model.getClass());
        }
        ModelEncoder encoder = new ModelEncoder(ModelEncoder.leastVersion(stored.form()));
        encoder.bytes(MAGIC);
        encoder.integer(encoder.version());
        encoder.model(stored);
        return sealed(encoder.toBytes());
    }

    /// A file's content with its checksum behind it.
    static byte[] sealed(byte[] body) {
        byte[] file = Arrays.copyOf(body, body.length + DIGEST_BYTES);
        System.arraycopy(sha256(body, body.length), 0, file, body.length, DIGEST_BYTES);
        return file;
    }

    static boolean isModelFile(byte[] content) {
        return content.length >= MAGIC.length && Arrays.equals(content, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    static StoredModel decode(byte[] content) throws MalformedModelException {
        int body = content.length - DIGEST_BYTES;
        if (body < MAGIC.length + Integer.BYTES) {
            throw new MalformedModelException("it ends early, after " + content.length + " bytes");
        }
        ByteBuffer buffer =
                ByteBuffer.wrap(content, MAGIC.length, body - MAGIC.length).order(ByteOrder.LITTLE_ENDIAN);
        int version = buffer.getInt();
        if (version < 1 || version > VERSION) {
            throw new MalformedModelException(
                    "it has the format version " + version + "; this program reads versions 1 to " + VERSION);
        }
        if (!MessageDigest.isEqual(sha256(content, body), Arrays.copyOfRange(content, body, content.length))) {
            throw new MalformedModelException("its checksum does not match: it was truncated or altered");
        }
        return new ModelDecoder(buffer, version).model();
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
