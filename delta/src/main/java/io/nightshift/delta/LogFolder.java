package io.nightshift.delta;

import io.delta.kernel.engine.FileReadRequest;
import io.delta.kernel.engine.FileSystemClient;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.Iterator;

/// The files of a table's log, for the kernel.
final class LogFolder implements FileSystemClient {

    private final TableFiles files;

    LogFolder(TableFiles files) {
        this.files = files;
    }

    private static FileStatus status(TableFiles.Entry entry) {
        return FileStatus.of(entry.path(), entry.bytes(), entry.modified());
    }

    /// An iterator that holds nothing open.
    static <T> CloseableIterator<T> over(Iterator<T> elements) {
        return new CloseableIterator<>() {
            @Override
            public boolean hasNext() {
                return elements.hasNext();
            }

            @Override
            public T next() {
                return elements.next();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public CloseableIterator<FileStatus> listFrom(String path) throws FileNotFoundException {
        return over(files.listFrom(path).stream().map(LogFolder::status).iterator());
    }

    /// Paths are absolute.
    @Override
    public String resolvePath(String path) {
        return path;
    }

    @Override
    public CloseableIterator<ByteArrayInputStream> readFiles(CloseableIterator<FileReadRequest> requests)
            throws IOException {
        try (requests) {
            return over(requests.toInMemoryList().stream().map(this::read).iterator());
        }
    }

    private ByteArrayInputStream read(FileReadRequest request) {
        try {
            byte[] content = files.read(request.getPath());
            return new ByteArrayInputStream(content, request.getStartOffset(), request.getReadLength());
        } catch (FileNotFoundException e) {
            throw new io.delta.kernel.exceptions.KernelEngineException("a file of the log is gone", e);
        }
    }

    @Override
    public boolean mkdirs(String path) {
        files.makeFolder(path);
        return true;
    }

    @Override
    public boolean delete(String path) {
        boolean isThere = files.find(path) != null;
        files.delete(path);
        return isThere;
    }

    @Override
    public FileStatus getFileStatus(String path) throws FileNotFoundException {
        TableFiles.Entry found = files.find(path);
        if (found == null) {
            throw new FileNotFoundException(path);
        }
        return status(found);
    }

    @Override
    public void copyFileAtomically(String from, String to, boolean overwrite) throws IOException {
        byte[] content = files.read(from);
        if (overwrite) {
            files.replace(to, content);
        } else if (!files.create(to, content)) {
            throw new FileAlreadyExistsException(to);
        }
    }
}
