package io.nightshift.delta;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.JsonHandler;
import io.delta.kernel.exceptions.KernelEngineException;
import io.delta.kernel.expressions.Predicate;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import io.nightshift.protocol.failure.FailureException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The commits of a log: a file of JSON for each version, a line for each action.
final class LogJson implements JsonHandler {

    /// The actions of a batch.
    static final int BATCH = 1024;

    private final TableFiles files;

    LogJson(TableFiles files) {
        this.files = files;
    }

    @Override
    public ColumnarBatch parseJson(ColumnVector texts, StructType schema, Optional<ColumnVector> selected) {
        List<@Nullable Row> rows = new ArrayList<>();
        for (int i = 0; i < texts.getSize(); i++) {
            boolean isSelected = selected.isEmpty()
                    || (!selected.get().isNullAt(i) && selected.get().getBoolean(i));
            rows.add(isSelected && !texts.isNullAt(i) ? ActionJson.read(texts.getString(i), schema) : null);
        }
        return ActionBatch.of(schema, rows);
    }

    /// The predicate is a hint, which nothing needs.
    @Override
    public CloseableIterator<ColumnarBatch> readJsonFiles(
            CloseableIterator<FileStatus> statuses, StructType schema, Optional<Predicate> predicate)
            throws IOException {
        List<String> paths = new ArrayList<>();
        try (statuses) {
            while (statuses.hasNext()) {
                paths.add(statuses.next().getPath());
            }
        }
        return new Commits(paths.iterator(), schema);
    }

    /// The actions of commits, [#BATCH] at a time: a commit may have a line for each file of a table.
    private final class Commits implements CloseableIterator<ColumnarBatch> {
        private final Iterator<String> paths;
        private final StructType schema;
        private String path = "";
        private Iterator<String> lines = Collections.emptyIterator();

        Commits(Iterator<String> paths, StructType schema) {
            this.paths = paths;
            this.schema = schema;
        }

        @Override
        public boolean hasNext() {
            while (!lines.hasNext() && paths.hasNext()) {
                path = paths.next();
                lines = read(path).lines().filter(line -> !line.isBlank()).iterator();
            }
            return lines.hasNext();
        }

        @Override
        public ColumnarBatch next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return batch(path, lines, schema);
        }

        @Override
        public void close() {
            // Nothing is open between two calls.
        }
    }

    private String read(String path) {
        try {
            return new String(files.read(path), StandardCharsets.UTF_8);
        } catch (FileNotFoundException e) {
            throw new KernelEngineException("a file of the log is gone", e);
        }
    }

    /// @param path of the file, for messages
    /// @param lines each with an action
    /// @return the next lines, at most [#BATCH]
    static ColumnarBatch batch(String path, Iterator<String> lines, StructType schema) {
        List<Row> rows = new ArrayList<>();
        while (lines.hasNext() && rows.size() < BATCH) {
            try {
                rows.add(ActionJson.read(lines.next(), schema));
            } catch (IllegalArgumentException e) {
                throw FailureException.permanent("the file %s of the Delta table's log is damaged: %s"
                        .formatted(path, String.valueOf(e.getMessage())));
            }
        }
        return ActionBatch.of(schema, rows);
    }

    @Override
    public void writeJsonFileAtomically(String path, CloseableIterator<Row> rows, boolean overwrite)
            throws IOException {
        StringBuilder text = new StringBuilder();
        try (rows) {
            while (rows.hasNext()) {
                text.append(ActionJson.write(rows.next())).append('\n');
            }
        }
        byte[] content = text.toString().getBytes(StandardCharsets.UTF_8);
        if (overwrite) {
            files.replace(path, content);
        } else if (!files.create(path, content)) {
            throw new FileAlreadyExistsException(path);
        }
    }
}
