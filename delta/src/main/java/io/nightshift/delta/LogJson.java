package io.nightshift.delta;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.JsonHandler;
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
import java.util.Iterator;
import java.util.List;
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
        List<ColumnarBatch> batches = new ArrayList<>();
        try (statuses) {
            while (statuses.hasNext()) {
                batches.addAll(batches(statuses.next().getPath(), schema));
            }
        }
        return LogFolder.over(batches.iterator());
    }

    private List<ColumnarBatch> batches(String path, StructType schema) throws FileNotFoundException {
        String text = new String(files.read(path), StandardCharsets.UTF_8);
        return batches(path, text.lines().filter(line -> !line.isBlank()).iterator(), schema);
    }

    /// @param path of the file, for messages
    /// @param lines each with an action
    static List<ColumnarBatch> batches(String path, Iterator<String> lines, StructType schema) {
        List<ColumnarBatch> batches = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        while (lines.hasNext()) {
            try {
                rows.add(ActionJson.read(lines.next(), schema));
            } catch (IllegalArgumentException e) {
                throw FailureException.permanent("the file %s of the Delta table's log is damaged: %s"
                        .formatted(path, String.valueOf(e.getMessage())));
            }
            if (rows.size() == BATCH || !lines.hasNext()) {
                batches.add(ActionBatch.of(schema, rows));
                rows.clear();
            }
        }
        return batches;
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
