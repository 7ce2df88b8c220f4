package io.nightshift.delta.source;

import io.delta.kernel.internal.actions.DeletionVectorDescriptor;
import io.delta.kernel.internal.deletionvectors.Base85Codec;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.SourcePins;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.UUID;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Reads deletion vectors (Delta Transaction Log Protocol, «Deletion Vector Format»): the positions of a file's
/// deleted rows as a bitmap, in the log or in a file with several of them. Safe for several threads.
final class DeletionVectors {

    private static final int MAGIC = 1_681_511_377;

    /// Its length stands before a bitmap, and its checksum after it.
    private static final int FRAME = 2 * Integer.BYTES;

    private final SourceFiles files;

    /// @param files that jobs may read
    DeletionVectors(SourceFiles files) {
        this.files = files;
    }

    /// A vector that is not what its table says.
    private static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1L;

        DamagedException(String message) {
            super(message);
        }
    }

    /// Adds the positions of a vector.
    ///
    /// @throws FailureException permanent, if the vector is gone or damaged
    void read(TableFolder folder, DeletionVectorDescriptor vector, BitSet deleted) {
        String place = vector.isInline() ? "of the log of " + folder.root() : "in " + path(folder, vector);
        try {
            add(vector.isInline() ? inline(vector) : stored(path(folder, vector), vector), vector, deleted);
        } catch (DamagedException e) {
            throw new FailureException(
                    Failure.permanent("source: a deletion vector %s is damaged: %s".formatted(place, e.getMessage())),
                    e);
        }
    }

    private static byte[] inline(DeletionVectorDescriptor vector) throws DamagedException {
        try {
            return Base85Codec.decodeBytes(vector.getPathOrInlineDv(), vector.getSizeInBytes());
        } catch (RuntimeException e) {
            throw new DamagedException("it is no text in Base85: " + e.getMessage());
        }
    }

    /// The file of a vector: of a name that is made of a UUID, or anywhere.
    private static String path(TableFolder folder, DeletionVectorDescriptor vector) {
        String text = vector.getPathOrInlineDv();
        if (vector.getStorageType().equals(DeletionVectorDescriptor.PATH_DV_MARKER)) {
            return folder.resolve(text);
        }
        int prefix = text.length() - Base85Codec.ENCODED_UUID_LENGTH;
        if (!vector.getStorageType().equals(DeletionVectorDescriptor.UUID_DV_MARKER) || prefix < 0) {
            throw FailureException.permanent(
                    "source: the log of the Delta table %s has a deletion vector of the unknown kind %s"
                            .formatted(folder.root(), vector.getStorageType()));
        }
        UUID id = Base85Codec.decodeUUID(text.substring(prefix));
        return folder.root() + (prefix == 0 ? "" : "/" + text.substring(0, prefix)) + "/deletion_vector_" + id + ".bin";
    }

    private byte[] stored(String path, DeletionVectorDescriptor vector) throws DamagedException {
        files.requireReadable(path);
        int offset = vector.getOffset().orElse(0);
        int length = vector.getSizeInBytes() + FRAME;
        ByteBuffer frame = SourceFiles.isObject(path) ? object(path, offset, length) : local(path, offset, length);
        if (frame == null) {
            throw FailureException.permanent(
                    "source: a file with deletion vectors is gone: %s. VACUUM has deleted it, or somebody else has"
                            .formatted(path));
        }
        if (frame.remaining() < length) {
            throw new DamagedException("the file ends before byte %d".formatted((long) offset + length));
        }
        int size = frame.getInt();
        if (size != vector.getSizeInBytes()) {
            throw new DamagedException("it has %d bytes, and the log says %d".formatted(size, vector.getSizeInBytes()));
        }
        byte[] bitmap = new byte[size];
        frame.get(bitmap);
        CRC32 checksum = new CRC32();
        checksum.update(bitmap);
        if (frame.getInt() != (int) checksum.getValue()) {
            throw new DamagedException("its checksum is not that of its bytes");
        }
        return bitmap;
    }

    private static @Nullable ByteBuffer local(String path, long offset, int length) {
        Path file = Path.of(path);
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {
                // The rest follows.
            }
        } catch (NoSuchFileException _) {
            return null;
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
        return bytes.flip();
    }

    private @Nullable ByteBuffer object(String path, long offset, int length) {
        ObjectAddress address = ObjectAddress.of(path);
        ObjectStore store = files.copies().stores().of(address);
        StoredObject found = store.find(address);
        if (found == null) {
            return null;
        }
        int there = Math.clamp(found.bytes() - offset, 0, length);
        ByteBuffer bytes = ByteBuffer.allocate(there);
        if (there == 0) {
            return bytes;
        }
        try {
            store.read(
                    found,
                    ByteRange.of(offset, there),
                    FetchControl.NONE,
                    (position, array, count) -> bytes.put(Math.toIntExact(position - offset), array, 0, count));
        } catch (IOException e) {
            throw SourcePins.unreadable(path, e);
        }
        return bytes;
    }

    /// Reads bitmaps of 32 bits, each with the upper half of its positions.
    private static void add(byte[] bytes, DeletionVectorDescriptor vector, BitSet deleted) throws DamagedException {
        long count = 0;
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            if (in.getInt() != MAGIC) {
                throw new DamagedException("it does not begin as a bitmap");
            }
            for (long left = in.getLong(); left > 0; left--) {
                int upper = in.getInt();
                RoaringBitmap bitmap = new RoaringBitmap();
                bitmap.deserialize(in.slice().order(ByteOrder.LITTLE_ENDIAN));
                in.position(in.position() + bitmap.serializedSizeInBytes());
                if (!bitmap.isEmpty() && (upper != 0 || bitmap.last() < 0)) {
                    throw new DamagedException("it has positions beyond those of a file that can be read");
                }
                bitmap.forEach((int position) -> deleted.set(position));
                count += bitmap.getLongCardinality();
            }
        } catch (IOException | RuntimeException e) {
            throw new DamagedException("its bitmap can't be read: " + e.getMessage());
        }
        if (count != vector.getCardinality()) {
            throw new DamagedException(
                    "it has %,d positions, and the log says %,d".formatted(count, vector.getCardinality()));
        }
    }
}
