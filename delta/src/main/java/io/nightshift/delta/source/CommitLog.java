package io.nightshift.delta.source;

import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.MapValue;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.MapType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import io.nightshift.delta.DeltaEngine;
import io.nightshift.delta.TableFiles;
import io.nightshift.source.lake.LakeCommit;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The commits that the log of a table still has, up to a version, and the files that each has added.
final class CommitLog {

    private static final Pattern COMMIT = Pattern.compile(".*/(\\d{20})\\.json");

    private static final StructType INFO = new StructType()
            .add("timestamp", LongType.LONG)
            .add("operation", StringType.STRING)
            .add("operationParameters", new MapType(StringType.STRING, StringType.STRING, true))
            .add("engineInfo", StringType.STRING);

    private static final StructType ACTION =
            new StructType().add("commitInfo", INFO).add("add", new StructType().add("path", StringType.STRING));

    private final List<LakeCommit> commits = new ArrayList<>();
    private final Map<String, LakeCommit> first = new HashMap<>();

    private CommitLog() {}

    static CommitLog read(DeltaEngine engine, TableFolder folder, long last) {
        CommitLog log = new CommitLog();
        try {
            for (TableFiles.Entry file : engine.files().listFrom(folder.commit(0))) {
                Matcher commit = COMMIT.matcher(file.path());
                if (commit.matches() && Long.parseLong(commit.group(1)) <= last) {
                    log.add(engine, file, Long.parseLong(commit.group(1)));
                }
            }
        } catch (FileNotFoundException _) {
            // The version is in a checkpoint elsewhere: no commit is known.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return log;
    }

    private void add(DeltaEngine engine, TableFiles.Entry file, long version) throws IOException {
        Row info = null;
        List<String> added = new ArrayList<>();
        FileStatus status = FileStatus.of(file.path(), file.bytes(), file.modified());
        try (CloseableIterator<ColumnarBatch> batches = engine.getJsonHandler()
                .readJsonFiles(
                        io.delta.kernel.internal.util.Utils.singletonCloseableIterator(status),
                        ACTION,
                        Optional.empty())) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> actions = batches.next().getRows()) {
                    while (actions.hasNext()) {
                        Row action = actions.next();
                        info = action.isNullAt(0) ? info : action.getStruct(0);
                        if (!action.isNullAt(1)) {
                            added.add(action.getStruct(1).getString(0));
                        }
                    }
                }
            }
        }
        LakeCommit commit = commit(info, file, version);
        commits.add(commit);
        added.forEach(path -> first.putIfAbsent(path, commit));
    }

    /// Only Delta's own programs have to write the information about a commit.
    private static LakeCommit commit(@Nullable Row info, TableFiles.Entry file, long version) {
        Instant written = Instant.ofEpochMilli(file.modified());
        String number = String.valueOf(version);
        if (info == null) {
            return new LakeCommit(number, written, "unknown", null, Map.of());
        }
        return new LakeCommit(
                number,
                info.isNullAt(0) ? written : Instant.ofEpochMilli(info.getLong(0)),
                info.isNullAt(1) ? "unknown" : info.getString(1),
                info.isNullAt(3) ? null : info.getString(3),
                texts(info.isNullAt(2) ? null : info.getMap(2)));
    }

    /// The entries of a map that have a value.
    static Map<String, String> texts(@Nullable MapValue map) {
        Map<String, String> texts = new HashMap<>();
        if (map != null) {
            Map<String, @Nullable String> entries = VectorUtils.toJavaMap(map);
            entries.forEach((name, value) -> {
                if (value != null) {
                    texts.put(name, value);
                }
            });
        }
        return texts;
    }

    List<LakeCommit> commits() {
        return commits;
    }

    /// The earliest commit that has added a file; null if none is known.
    ///
    /// @param path as the log has it
    @Nullable
    LakeCommit firstOf(String path) {
        return first.get(path);
    }
}
