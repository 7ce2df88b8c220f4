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
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
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
/// newest of them list is kept. Safe for several threads.
final class PositionDeletes {

    /// The positions that are kept, at most.
    private static final long MOST = 16_000_000;

    private final Supplier<DuckDb> duckDb;
    private final SourceFiles files;
    private final Map<String, Map<String, BitSet>> known = new LinkedHashMap<>(16, 0.75f, true);
    private long kept;

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
        Map<String, BitSet> all = known(deletes.location());
        if (all == null) {
            all = deletes.format() == FileFormat.AVRO ? avro(io, deletes) : parquet(deletes);
            keep(deletes.location(), all, deletes.recordCount());
        }
        BitSet found = all.get(data);
        if (found != null) {
            positions.or(found);
        }
    }

    private synchronized @Nullable Map<String, BitSet> known(String location) {
        return known.get(location);
    }

    private synchronized void keep(String location, Map<String, BitSet> positions, long count) {
        if (kept + count > MOST) {
            known.clear();
            kept = 0;
        }
        known.put(location, positions);
        kept += count;
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

    private static Map<String, BitSet> avro(FileIO io, DeleteFile deletes) {
        Map<String, BitSet> found = new HashMap<>();
        try (CloseableIterable<StructLike> rows = InternalData.read(
                        FileFormat.AVRO, io.newInputFile(deletes.location()))
                .project(DeleteSchemaUtil.pathPosSchema())
                .build()) {
            for (StructLike row : rows) {
                add(found, row.get(0, CharSequence.class).toString(), row.get(1, Long.class));
            }
        } catch (NotFoundException _) {
            throw gone(deletes.location());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static void add(Map<String, BitSet> found, String data, long position) {
        found.computeIfAbsent(data, absent -> new BitSet()).set(Math.toIntExact(position));
    }

    private Map<String, BitSet> parquet(DeleteFile deletes) {
        String path = WarehouseFiles.plain(deletes.location());
        files.requireReadable(path);
        FileVersion version = files.version(path);
        if (version == null) {
            throw gone(path);
        }
        Map<String, BitSet> found = new HashMap<>();
        try (LocalCopy copy = files.copy(version);
                Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT file_path, pos FROM read_parquet(%s)"
                        .formatted(Sql.file(copy.path().toString())))) {
            while (rows.next()) {
                add(found, rows.getString(1), rows.getLong(2));
            }
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("source: the delete file %s can't be read".formatted(path), e), e);
        }
        return found;
    }
}
