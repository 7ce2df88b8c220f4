package io.nightshift.source.parquet;

import io.nightshift.source.parquet.CompactReader.BrokenException;
import io.nightshift.storage.objectstore.ByteRange;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// Where a Parquet file's rows are, column by column: which bytes a query reads. See `parquet.thrift` in
/// apache/parquet-format.
///
/// @param groups the row groups, in order
/// @param bloomFilters where the Bloom filters begin, which end before the footer; the footer's own position
///     if there is none
/// @param footer the position of the footer
record ParquetChunks(List<RowGroup> groups, long bloomFilters, long footer) {

    /// @param firstRow the position of its first row in the file
    record RowGroup(long firstRow, long rows, List<Chunk> chunks) {
        RowGroup {
            chunks = List.copyOf(chunks);
        }
    }

    /// The values of one column, or of one leaf of a nested column, in one row group.
    ///
    /// @param column the name of the column at the top of the schema
    record Chunk(String column, ByteRange bytes) {}

    ParquetChunks {
        groups = List.copyOf(groups);
    }

    /// The names of the columns.
    Set<String> columns() {
        Set<String> names = new LinkedHashSet<>();
        groups.forEach(group -> group.chunks().forEach(chunk -> names.add(chunk.column())));
        return names;
    }

    /// The bytes that a query over some rows reads, without the footer.
    ///
    /// @param firstRow the position of the first row in the file
    /// @param endRow the position after the last
    /// @param columns whether a column is read
    /// @param isFiltered whether the query may compare a column with a value: then DuckDB looks into the
    ///     Bloom filters, and into those of all row groups
    List<ByteRange> of(long firstRow, long endRow, Predicate<String> columns, boolean isFiltered) {
        List<ByteRange> ranges = new ArrayList<>();
        for (RowGroup group : groups) {
            if (group.firstRow() < endRow && group.firstRow() + group.rows() > firstRow) {
                group.chunks().stream()
                        .filter(chunk -> columns.test(chunk.column()))
                        .map(Chunk::bytes)
                        .forEach(ranges::add);
            }
        }
        if (isFiltered && bloomFilters < footer) {
            ranges.add(new ByteRange(bloomFilters, footer));
        }
        return ranges;
    }

    /// @param tail the end of a file, with all of its footer
    /// @param bytes the length of the file
    /// @throws BrokenException if the footer can't be decoded, or names bytes outside the file
    static ParquetChunks parse(byte[] tail, long bytes) throws BrokenException {
        int end = tail.length - ParquetFooter.TRAILER;
        int length = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt(end);
        if (length <= 0 || length > end) {
            throw new BrokenException("its length of %d bytes can't be right".formatted(length));
        }
        long footer = bytes - length - ParquetFooter.TRAILER;
        Parser parser = new Parser(new CompactReader(tail, end - length, end), footer);
        parser.parse();
        return new ParquetChunks(parser.groups, parser.bloomFilters, footer);
    }

    private static final class Parser {
        private final CompactReader in;
        private final long footer;
        private final List<RowGroup> groups = new ArrayList<>();
        private long bloomFilters;
        private long row;

        Parser(CompactReader in, long footer) {
            this.in = in;
            this.footer = footer;
            this.bloomFilters = footer;
        }

        /// `FileMetaData`.
        void parse() throws BrokenException {
            in.struct((id, type) -> {
                if (id == 4) {
                    in.list(type, this::rowGroup);
                } else {
                    in.skip(type);
                }
            });
        }

        /// `RowGroup`.
        private void rowGroup(int element) throws BrokenException {
            long[] rows = {0};
            List<Chunk> chunks = new ArrayList<>();
            in.struct(element, (id, type) -> {
                switch (id) {
                    case 1 -> in.list(type, chunk -> columnChunk(chunk, chunks));
                    case 3 -> rows[0] = in.integer(type);
                    default -> in.skip(type);
                }
            });
            if (rows[0] > 0) {
                groups.add(new RowGroup(row, rows[0], chunks));
                row += rows[0];
            }
        }

        /// `ColumnChunk`.
        private void columnChunk(int element, List<Chunk> chunks) throws BrokenException {
            in.struct(element, (id, type) -> {
                if (id == 3) {
                    columnMetadata(type, chunks);
                } else {
                    in.skip(type);
                }
            });
        }

        /// `ColumnMetaData`. Some writers give 0 for a dictionary that isn't there.
        private void columnMetadata(int field, List<Chunk> chunks) throws BrokenException {
            List<String> path = new ArrayList<>();
            long[] data = {0, 0, 0, 0};
            in.struct(field, (id, type) -> {
                switch (id) {
                    case 3 -> in.list(type, name -> path.add(in.text(name)));
                    case 7 -> data[0] = in.integer(type);
                    case 9 -> data[1] = in.integer(type);
                    case 11 -> data[2] = in.integer(type);
                    case 14 -> data[3] = in.integer(type);
                    default -> in.skip(type);
                }
            });
            long begin = data[2] > 0 ? Math.min(data[1], data[2]) : data[1];
            if (begin < 0 || data[0] < 0 || begin + data[0] > footer || path.isEmpty()) {
                throw new BrokenException("a column's values are said to be outside the file");
            }
            if (data[0] > 0) {
                chunks.add(new Chunk(path.getFirst(), ByteRange.of(begin, data[0])));
            }
            if (data[3] > 0 && data[3] < footer) {
                bloomFilters = Math.min(bloomFilters, data[3]);
            }
        }
    }
}
