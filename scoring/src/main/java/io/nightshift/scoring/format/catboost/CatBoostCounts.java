package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.catboost.CatBoostStatistic.Kind;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/// A table of counts of a CatBoost model: for each combination that occurred in training, a row of counts.
///
/// @param hashes the hash of each combination, as two whole numbers of 32 bits
/// @param rows the row of each combination
/// @param counts the rows, one after another
/// @param width the numbers in a row
/// @param denominator the total of a counter
record CatBoostCounts(double[] hashes, double[] rows, double[] counts, int width, int denominator) {

    /// The part of a file that has these tables: their number, and for each its length and a FlatBuffers document.
    static final String PART = "static_provider_v1";

    private static final int TABLE = 0;
    private static final int BUCKETS = 1;
    private static final int COUNTS = 2;
    private static final int DENOMINATOR = 3;
    private static final int CLASSES = 4;
    private static final int BUCKET_BYTES = Long.BYTES + Integer.BYTES;
    private static final long EMPTY = -1;

    /// Reads all tables.
    ///
    /// @param part the content of the part
    static Map<CatBoostStatistic.Table, CatBoostCounts> read(ByteBuffer part) throws MalformedModelException {
        Map<CatBoostStatistic.Table, CatBoostCounts> tables = new HashMap<>();
        long count = size(part);
        for (long i = 0; i < count; i++) {
            long length = size(part);
            if (length > part.remaining()) {
                throw new MalformedModelException("it ends early, in its tables of categories");
            }
            FlatbufferTable table = FlatbufferTable.root(part.slice(part.position(), (int) length));
            part.position(part.position() + (int) length);
            CatBoostStatistic.Table name = CatBoostStatistic.Table.read(table.table(TABLE));
            if (tables.put(name, counts(table, name)) != null) {
                throw new MalformedModelException("it has two tables for " + name.called());
            }
        }
        return tables;
    }

    private static long size(ByteBuffer part) throws MalformedModelException {
        if (part.remaining() < Integer.BYTES) {
            throw new MalformedModelException("it ends early, in its tables of categories");
        }
        return part.getInt() & 0xffffffffL;
    }

    private static CatBoostCounts counts(FlatbufferTable table, CatBoostStatistic.Table name)
            throws MalformedModelException {
        ByteBuffer numbers = table.structures(COUNTS, 1);
        double[] counts = new double[numbers.remaining() / Integer.BYTES];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = name.kind().form == Kind.FLOAT_TARGET_MEAN_VALUE.form && i % 2 == 0
                    ? numbers.getFloat()
                    : numbers.getInt();
        }
        int width = name.kind().width(table.integer(CLASSES, 0));
        if (width < 1) {
            throw new MalformedModelException("its table for " + name.called() + " has " + width + " classes");
        }
        ByteBuffer buckets = table.structures(BUCKETS, 1);
        int size = buckets.remaining() / BUCKET_BYTES;
        if (buckets.remaining() % BUCKET_BYTES != 0 || Integer.bitCount(size) != 1) {
            throw new MalformedModelException("its table for " + name.called() + " has " + buckets.remaining()
                    + " bytes of hashes, which are no power of two of entries");
        }
        checkReachable(buckets, size, name);
        int known = 0;
        for (int i = 0; i < size; i++) {
            known += hash(buckets, i) == EMPTY ? 0 : 1;
        }
        double[] hashes = new double[2 * known];
        double[] rows = new double[known];
        int at = 0;
        for (int i = 0; i < size; i++) {
            long hash = hash(buckets, i);
            if (hash != EMPTY) {
                long row = buckets.getInt(i * BUCKET_BYTES + Long.BYTES) & 0xffffffffL;
                if (row >= counts.length / width) {
                    throw new MalformedModelException(
                            "its table for " + name.called() + " has the row " + row + " of " + counts.length / width);
                }
                hashes[2 * at] = (int) (hash >>> Integer.SIZE);
                hashes[2 * at + 1] = (int) hash;
                rows[at++] = row;
            }
        }
        return new CatBoostCounts(hashes, rows, counts, width, table.integer(DENOMINATOR, 0));
    }

    private static long hash(ByteBuffer buckets, int at) {
        return buckets.getLong(at * BUCKET_BYTES);
    }

    /// CatBoost searches a hash from the place that its lower bits give, up to an empty place. It does not find a
    /// hash behind an empty place, and does not end in a table without one.
    private static void checkReachable(ByteBuffer buckets, int size, CatBoostStatistic.Table name)
            throws MalformedModelException {
        int mask = size - 1;
        int empty = 0;
        while (empty < size && hash(buckets, empty) != EMPTY) {
            empty++;
        }
        if (empty == size) {
            throw new MalformedModelException("its table for " + name.called() + " has no empty place");
        }
        int taken = 0;
        for (int i = 1; i < size; i++) {
            int place = (empty + i) & mask;
            long hash = hash(buckets, place);
            int distance = (place - (int) hash) & mask;
            if (hash == EMPTY) {
                taken = 0;
            } else if (distance > taken++) {
                throw new MalformedModelException(
                        "its table for " + name.called() + " has a hash where CatBoost does not search it");
            }
        }
    }
}
