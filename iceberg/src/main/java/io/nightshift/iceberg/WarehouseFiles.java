package io.nightshift.iceberg;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ObjectScheme;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectContent;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.inmemory.InMemoryInputFile;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;

/// Reads and writes the metadata of Iceberg tables, in folders and in object stores, as far as jobs may write
/// these; for sources, only reads, as far as jobs may read. A file is durable when its stream is closed. Safe
/// for several threads.
///
/// Iceberg asks for a serializable class. An object is never serialized.
public final class WarehouseFiles implements FileIO {

    private static final long serialVersionUID = 1L;

    private static final String FILE = "file:";

    private final transient FileRoots roots;
    private final transient ObjectStores stores;
    private final boolean isReadOnly;

    /// @param isReadOnly whether files are only read, as far as jobs may read them
    WarehouseFiles(FileRoots roots, ObjectStores stores, boolean isReadOnly) {
        this.roots = roots;
        this.stores = stores;
        this.isReadOnly = isReadOnly;
    }

    /// A location as [ObjectAddress] and [Path] take it: `s3://bucket/key`, or an absolute path.
    ///
    /// @param location as Iceberg has it
    /// @throws FailureException permanent, if it is in another kind of store
    public static String plain(String location) {
        String address = ObjectScheme.canonical(location);
        if (ObjectAddress.isAddress(address)) {
            return address;
        }
        String path =
                location.startsWith(FILE) ? location.substring(FILE.length()).replaceFirst("^/+", "/") : location;
        if (!path.startsWith("/")) {
            throw FailureException.permanent(
                    "the table is in %s; Nightshift reads and writes tables in a folder of the nodes (file:/…) or in an object store (%s)"
                            .formatted(location, ObjectScheme.schemes()));
        }
        return path;
    }

    private Path path(String plain) {
        requireWritable();
        Path path = Path.of(plain);
        roots.requireWritable(path);
        return path;
    }

    private Path readable(String plain) {
        if (!isReadOnly) {
            return path(plain);
        }
        Path path = Path.of(plain);
        roots.requireReadable(path);
        return path;
    }

    private void requireWritable() {
        if (isReadOnly) {
            throw new UnsupportedOperationException("the table of a source is only read");
        }
    }

    private ObjectStore store(ObjectAddress address) {
        return isReadOnly ? stores.of(address) : stores.forWriting(address);
    }

    @Override
    public InputFile newInputFile(String location) {
        String plain = plain(location);
        return ObjectAddress.isAddress(plain)
                ? new ObjectInput(location, ObjectAddress.of(plain))
                : new DiskInput(location, readable(plain));
    }

    @Override
    public OutputFile newOutputFile(String location) {
        return new Output(location);
    }

    @Override
    public void deleteFile(String location) {
        String plain = plain(location);
        requireWritable();
        if (ObjectAddress.isAddress(plain)) {
            ObjectAddress address = ObjectAddress.of(plain);
            stores.forWriting(address).delete(address);
            return;
        }
        try {
            Files.deleteIfExists(path(plain));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<String, String> properties() {
        return Map.of();
    }

    private static final class DiskInput implements InputFile {
        private final String location;
        private final Path path;

        DiskInput(String location, Path path) {
            this.location = location;
            this.path = path;
        }

        @Override
        public long getLength() {
            try {
                return Files.size(path);
            } catch (IOException e) {
                throw missing(e);
            }
        }

        private RuntimeException missing(IOException e) {
            return Files.exists(path)
                    ? new UncheckedIOException(e)
                    : new NotFoundException(e, "%s does not exist", path);
        }

        @Override
        public SeekableInputStream newStream() {
            try {
                return new DiskStream(FileChannel.open(path, StandardOpenOption.READ));
            } catch (IOException e) {
                throw missing(e);
            }
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public boolean exists() {
            return Files.exists(path);
        }
    }

    private static final class DiskStream extends SeekableInputStream {
        private final FileChannel channel;
        private final byte[] one = new byte[1];

        DiskStream(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public long getPos() throws IOException {
            return channel.position();
        }

        @Override
        public void seek(long position) throws IOException {
            channel.position(position);
        }

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            return length == 0 ? 0 : channel.read(java.nio.ByteBuffer.wrap(bytes, from, length));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /// Metadata is small, so an object is read as a whole.
    private final class ObjectInput implements InputFile {
        private final String location;
        private final ObjectAddress address;

        ObjectInput(String location, ObjectAddress address) {
            this.location = location;
            this.address = address;
        }

        private ObjectStore store() {
            return WarehouseFiles.this.store(address);
        }

        @Override
        public long getLength() {
            StoredObject found = store().find(address);
            if (found == null) {
                throw new NotFoundException("%s does not exist", address);
            }
            return found.bytes();
        }

        @Override
        public SeekableInputStream newStream() {
            ObjectContent content = store().get(address);
            if (content == null) {
                throw new NotFoundException("%s does not exist", address);
            }
            return new InMemoryInputFile(location, content.bytes()).newStream();
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public boolean exists() {
            return store().find(address) != null;
        }
    }

    private final class Output implements OutputFile {
        private final String location;

        Output(String location) {
            this.location = location;
        }

        @Override
        public PositionOutputStream create() {
            return open(true);
        }

        @Override
        public PositionOutputStream createOrOverwrite() {
            return open(false);
        }

        private PositionOutputStream open(boolean absent) {
            requireWritable();
            String plain = plain(location);
            if (ObjectAddress.isAddress(plain)) {
                ObjectAddress address = ObjectAddress.of(plain);
                return new ObjectOutput(stores.forWriting(address), address, absent);
            }
            Path path = path(plain);
            Path folder = Objects.requireNonNull(path.getParent());
            try {
                Folders.make(folder);
                return new DiskOutput(
                        folder,
                        absent
                                ? FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
                                : Folders.create(path));
            } catch (java.nio.file.FileAlreadyExistsException e) {
                throw new AlreadyExistsException(e, "%s exists", path);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public InputFile toInputFile() {
            return newInputFile(location);
        }
    }

    private static final class DiskOutput extends PositionOutputStream {
        private final Path folder;
        private final FileChannel channel;
        private final OutputStream buffer;
        private long position;

        DiskOutput(Path folder, FileChannel channel) {
            this.folder = folder;
            this.channel = channel;
            this.buffer = new BufferedOutputStream(Channels.newOutputStream(channel));
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void write(int value) throws IOException {
            buffer.write(value);
            position++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            buffer.write(bytes, from, length);
            position += length;
        }

        @Override
        public void flush() throws IOException {
            buffer.flush();
        }

        @Override
        public void close() throws IOException {
            if (channel.isOpen()) {
                try (channel) {
                    buffer.flush();
                    channel.force(true);
                }
                Folders.force(folder);
            }
        }
    }

    private static final class ObjectOutput extends PositionOutputStream {
        private final ObjectStore store;
        private final ObjectAddress address;
        private final boolean absent;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean isClosed;

        ObjectOutput(ObjectStore store, ObjectAddress address, boolean absent) {
            this.store = store;
            this.address = address;
            this.absent = absent;
        }

        @Override
        public long getPos() {
            return bytes.size();
        }

        @Override
        public void write(int value) {
            bytes.write(value);
        }

        @Override
        public void write(byte[] content, int from, int length) {
            bytes.write(content, from, length);
        }

        /// The names of metadata files are random. So an object that is there was written by an earlier try of
        /// the same request, whose answer was lost.
        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                store.put(
                        address,
                        bytes.toByteArray(),
                        absent ? new ObjectStore.Condition.IfAbsent() : new ObjectStore.Condition.Always());
            }
        }
    }
}
