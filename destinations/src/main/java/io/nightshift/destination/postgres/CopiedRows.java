package io.nightshift.destination.postgres;

import io.nightshift.protocol.batch.RowsDigest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.Database;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.postgresql.copy.PGCopyInputStream;

/// The rows of a query, streamed in the binary format of COPY. Keeps one row at a time. For one thread.
final class CopiedRows implements AutoCloseable {

    private static final int SIGNATURE = 11;
    private static final int BUFFER = 1 << 16;

    private final String select;
    private final DataInputStream in;
    private byte[] row = new byte[256];
    private int[] starts = new int[16];
    private int fields;

    private CopiedRows(String select, DataInputStream in) {
        this.select = select;
        this.in = in;
    }

    static CopiedRows of(Database database, String select) {
        try {
            String copy = "COPY (%s) TO STDOUT (FORMAT binary)".formatted(select);
            DataInputStream in = new DataInputStream(new BufferedInputStream(
                    new PGCopyInputStream(database.copy().copyOut(copy)), BUFFER));
            in.skipNBytes(SIGNATURE + Integer.BYTES);
            in.skipNBytes(in.readInt());
            return new CopiedRows(select, in);
        } catch (SQLException | IOException e) {
            throw failed(select, e);
        }
    }

    private static FailureException failed(String select, Exception e) {
        return FailureException.permanent("%s: %s".formatted(select, e.getMessage()));
    }

    /// Reads the next row, if there is one.
    boolean next() {
        try {
            fields = in.readShort();
            if (fields < 0) {
                return false;
            }
            if (starts.length <= fields) {
                starts = new int[fields + 1];
            }
            int length = 0;
            for (int field = 0; field < fields; field++) {
                starts[field] = length;
                int bytes = in.readInt();
                int more = Integer.BYTES + Math.max(0, bytes);
                if (row.length < length + more) {
                    row = Arrays.copyOf(row, Math.max(2 * row.length, length + more));
                }
                ByteBuffer.wrap(row).putInt(length, bytes);
                in.readFully(row, length + Integer.BYTES, more - Integer.BYTES);
                length += more;
            }
            starts[fields] = length;
            return true;
        } catch (IOException e) {
            throw failed(select, e);
        }
    }

    /// A field that is a 32-bit integer; -1 where it is NULL.
    int number(int field) {
        ByteBuffer bytes = ByteBuffer.wrap(row);
        return bytes.getInt(starts[field]) == Integer.BYTES ? bytes.getInt(starts[field] + Integer.BYTES) : -1;
    }

    /// Adds the whole row to a digest.
    void digest(RowsDigest digest) {
        digest.add(row, 0, starts[fields]);
    }

    /// Adds some neighbouring fields of the row to a digest.
    void digest(RowsDigest digest, List<Integer> neighbours) {
        int start = starts[neighbours.getFirst()];
        digest.add(row, start, starts[neighbours.getLast() + 1] - start);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw failed(select, e);
        }
    }
}
