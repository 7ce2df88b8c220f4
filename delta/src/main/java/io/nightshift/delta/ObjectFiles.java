package io.nightshift.delta;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectContent;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tables in an object store with conditional writes. The destination of objects in the table's folder
/// refuses other stores when a batch is prepared.
public final class ObjectFiles implements TableFiles {

    private final ObjectCopies copies;
    private final boolean isReadOnly;

    /// @param copies of objects, with the stores that jobs may write
    public ObjectFiles(ObjectCopies copies) {
        this(copies, false);
    }

    private ObjectFiles(ObjectCopies copies, boolean isReadOnly) {
        this.copies = copies;
        this.isReadOnly = isReadOnly;
    }

    /// Tables that are only read.
    ///
    /// @param copies of objects, with the stores that jobs may read
    public static ObjectFiles readOnly(ObjectCopies copies) {
        return new ObjectFiles(copies, true);
    }

    private ObjectStore store(ObjectAddress address) {
        return isReadOnly ? copies.stores().of(address) : copies.stores().forWriting(address);
    }

    @Override
    public void requireAllowed(String folder) {
        store(ObjectAddress.of(folder));
    }

    private static Entry entry(StoredObject object) {
        return new Entry(
                object.address().toString(), object.bytes(), object.modified().toEpochMilli());
    }

    @Override
    public List<Entry> listFrom(String path) throws FileNotFoundException {
        ObjectAddress from = ObjectAddress.of(path);
        ObjectAddress folder = from.with(from.key().substring(0, from.key().lastIndexOf('/') + 1));
        List<Entry> found = new ArrayList<>();
        String before = from.key().substring(0, from.key().length() - 1);
        store(from).list(folder, before, object -> {
            String key = object.address().key();
            if (key.compareTo(from.key()) >= 0 && key.indexOf('/', folder.key().length()) < 0) {
                found.add(entry(object));
            }
            return true;
        });
        if (found.isEmpty() && isEmpty(folder)) {
            throw new FileNotFoundException(folder.toString());
        }
        return found;
    }

    private boolean isEmpty(ObjectAddress folder) {
        boolean[] isEmpty = {true};
        store(folder).list(folder, "", object -> {
            isEmpty[0] = false;
            return false;
        });
        return isEmpty[0];
    }

    @Override
    public @Nullable Entry find(String path) {
        ObjectAddress address = ObjectAddress.of(path);
        StoredObject found = store(address).find(address);
        return found == null ? null : entry(found);
    }

    @Override
    public byte[] read(String path) throws FileNotFoundException {
        ObjectAddress address = ObjectAddress.of(path);
        ObjectContent content = store(address).get(address);
        if (content == null) {
            throw new FileNotFoundException(path);
        }
        return content.bytes();
    }

    private boolean put(String path, byte[] content, ObjectStore.Condition condition) {
        ObjectAddress address = ObjectAddress.of(path);
        return store(address).put(address, content, condition);
    }

    @Override
    public boolean create(String path, byte[] content) {
        return put(path, content, new ObjectStore.Condition.IfAbsent());
    }

    @Override
    public boolean create(String path, Path content) {
        ObjectAddress address = ObjectAddress.of(path);
        try {
            return store(address).create(address, content);
        } catch (IOException e) {
            throw scratchFailure("the file %s for %s can't be read".formatted(content, path), content, e);
        }
    }

    @Override
    public void replace(String path, byte[] content) {
        put(path, content, new ObjectStore.Condition.Always());
    }

    @Override
    public void delete(String path) {
        ObjectAddress address = ObjectAddress.of(path);
        store(address).delete(address);
    }

    /// An object store has no folders.
    @Override
    public void makeFolder(String path) {}

    /// The destination of objects has made sure of it.
    @Override
    public void requireCreate(String folder) {}

    @Override
    public Scratch scratch(String folder) {
        return scratch(copies.folder().newFile("delta.tmp"));
    }

    private static Scratch scratch(Path file) {
        return new Scratch(file, () -> CopyFolder.deleteFile(file));
    }

    /// The bytes go straight to the disk.
    @Override
    public Scratch local(String path) throws FileNotFoundException {
        ObjectAddress address = ObjectAddress.of(path);
        Path file = copies.folder().newFile(address.key());
        try {
            if (!store(address).get(address, file)) {
                throw new FileNotFoundException(path);
            }
            return scratch(file);
        } catch (FileNotFoundException | RuntimeException e) {
            CopyFolder.deleteFile(file);
            throw e;
        } catch (IOException e) {
            CopyFolder.deleteFile(file);
            throw scratchFailure("the copy %s of %s can't be written".formatted(file, path), file, e);
        }
    }

    private static FailureException scratchFailure(String what, Path file, IOException e) {
        return new FailureException(
                Failure.of(
                        FailedResource.Type.SCRATCH,
                        String.valueOf(file.getParent()),
                        "%s: %s".formatted(what, Folders.reason(e))),
                e);
    }
}
