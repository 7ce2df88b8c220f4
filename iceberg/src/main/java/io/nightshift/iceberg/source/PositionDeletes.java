package io.nightshift.iceberg.source;

import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.FileVersion;
import io.nightshift.source.files.LocalCopy;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.InternalData;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.DeleteSchemaUtil;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.IOUtil;
import org.apache.iceberg.io.SeekableInputStream;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/// Reads the files that list positions of deleted rows. One file may list rows of many data files, so what the
/// files that were used last list is kept, in arrays. Safe for several threads.
final class PositionDeletes {

    /// The bytes that are kept, at most.
    private static final long MOST = Math.min(128L << 20, Runtime.getRuntime().maxMemory() / 8);

    /// The data files that are known by numbers, at most.
    private static final int MOST_FILES = 1_000_000;

    private final Supplier<DuckDb> duckDb;
    private final SourceFiles files;
    private Known newest = new Known();

    /// The positions that files list, by numbers of data files. The object is replaced when it knows too many
    /// of these.
    private static final class Known {
        private final SequencedMap<String, Listed> lists = new LinkedHashMap<>(16, 0.75f, true);
        /// The numbers of data files by their locations.
        private final Map<String, Integer> numbers = new ConcurrentHashMap<>();

        private final AtomicInteger last = new AtomicInteger();
        private long bytes;

        synchronized @Nullable Listed list(String location) {
            return lists.get(location);
        }

        synchronized void keep(String location, Listed listed) {
            Listed before = lists.put(location, listed);
            bytes += listed.bytes() - (before == null ? 0 : before.bytes());
            while (bytes > MOST && lists.size() > 1) {
                bytes -= Objects.requireNonNull(lists.pollFirstEntry())
                        .getValue()
                        .bytes();
            }
        }

        void add(SortedMap<Integer, Growing> found, String data, long position) {
            Integer number = numbers.computeIfAbsent(data, _ -> last.incrementAndGet());
            found.computeIfAbsent(number, _ -> new Growing()).add(position);
        }
    }

    /// The positions that one file lists.
    ///
    /// @param files the numbers of the data files, in ascending order
    /// @param starts for each of these, where its positions begin; then where the last ones end
    private record Listed(int[] files, int[] starts, int[] positions) {

        static Listed of(SortedMap<Integer, Growing> found) {
            int[] files = new int[found.size()];
            int[] starts = new int[found.size() + 1];
            int[] positions =
                    new int[found.values().stream().mapToInt(each -> each.count).sum()];
            int next = 0;
            for (Map.Entry<Integer, Growing> entry : found.entrySet()) {
                files[next] = entry.getKey();
                Growing each = entry.getValue();
                System.arraycopy(each.positions, 0, positions, starts[next], each.count);
                starts[next + 1] = starts[next] + each.count;
                next++;
            }
            return new Listed(files, starts, positions);
        }

        void add(int number, BitSet deleted) {
            int place = Arrays.binarySearch(files, number);
            if (place >= 0) {
                for (int i = starts[place]; i < starts[place + 1]; i++) {
                    deleted.set(positions[i]);
                }
            }
        }

        long bytes() {
            return 128 + Integer.BYTES * (2L * files.length + positions.length);
        }
    }

    /// Positions in a data file.
    private static final class Growing {
        private int[] positions = new int[2];
        private int count;

        void add(long position) {
            if (count == positions.length) {
                positions = Arrays.copyOf(positions, 2 * count);
            }
            positions[count++] = Math.toIntExact(position);
        }
    }

    /// @param duckDb opened when first needed
    /// @param files that jobs may read
    PositionDeletes(Supplier<DuckDb> duckDb, SourceFiles files) {
        this.duckDb = duckDb;
        this.files = files;
    }

    /// Adds the positions that a file lists of a data file.
    ///
    /// @param io reads the metadata of the table
    /// @param data the location of the data file, as the table has it
    /// @throws FailureException if the file can't be read
    void add(FileIO io, DeleteFile deletes, String data, BitSet positions) {
        if (ContentFileUtil.isDV(deletes)) {
            vector(io, deletes).forEach(position -> positions.set(Math.toIntExact(position)));
            return;
        }
        Known known = known();
        Listed listed = known.list(deletes.location());
        if (listed == null) {
            listed = deletes.format() == FileFormat.AVRO ? avro(io, deletes, known) : parquet(deletes, known);
            known.keep(deletes.location(), listed);
        }
        Integer number = known.numbers.get(data);
        if (number != null) {
            listed.add(number, positions);
        }
    }

    private synchronized Known known() {
        if (newest.last.get() > MOST_FILES) {
            newest = new Known();
        }
        return newest;
    }

    /// A deletion vector: a bitmap in a Puffin file. Iceberg compares its length, checksum and count.
    private static PositionDeleteIndex vector(FileIO io, DeleteFile deletes) {
        Long offset = deletes.contentOffset();
        Long length = deletes.contentSizeInBytes();
        if (offset == null || length == null) {
            throw FailureException.permanent(
                    "source: the table does not say where in %s a deletion vector is".formatted(deletes.location()));
        }
        try (SeekableInputStream in = io.newInputFile(deletes.location()).newStream()) {
            byte[] bytes = new byte[Math.toIntExact(length)];
            in.seek(offset);
            IOUtil.readFully(in, bytes, 0, bytes.length);
            return PositionDeleteIndex.deserialize(bytes, deletes);
        } catch (NotFoundException _) {
            throw gone(deletes.location());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FailureException gone(String location) {
        return FailureException.permanent(
                "source: a delete file is gone: %s. The snapshot was expired (expire_snapshots), or somebody has deleted the file"
                        .formatted(location));
    }

    private static Listed avro(FileIO io, DeleteFile deletes, Known known) {
        SortedMap<Integer, Growing> found = new TreeMap<>();
        try (CloseableIterable<StructLike> rows = InternalData.read(
                        FileFormat.AVRO, io.newInputFile(deletes.location()))
                .project(DeleteSchemaUtil.pathPosSchema())
                .build()) {
            for (StructLike row : rows) {
                known.add(found, row.get(0, CharSequence.class).toString(), row.get(1, Long.class));
            }
        } catch (NotFoundException _) {
            throw gone(deletes.location());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Listed.of(found);
    }

    private Listed parquet(DeleteFile deletes, Known known) {
        String path = WarehouseFiles.plain(deletes.location());
        files.requireReadable(path);
        FileVersion version = files.version(path);
        if (version == null) {
            throw gone(path);
        }
        SortedMap<Integer, Growing> found = new TreeMap<>();
        try (LocalCopy copy = files.copy(version);
                Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT file_path, pos FROM read_parquet(%s)"
                        .formatted(Sql.file(copy.path().toString())))) {
            while (rows.next()) {
                known.add(found, rows.getString(1), rows.getLong(2));
            }
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("source: the delete file %s can't be read".formatted(path), e), e);
        }
        return Listed.of(found);
    }
}
