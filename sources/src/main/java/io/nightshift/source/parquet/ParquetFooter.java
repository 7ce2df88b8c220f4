package io.nightshift.source.parquet;

import io.nightshift.source.parquet.CompactReader.BrokenException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The parts of a Parquet file's footer that a plan needs. They are decoded from the same bytes that pin the
/// file, so a plan opens each file once and reads nothing but its end. The types of the columns are left to
/// DuckDB, which looks at one file of each schema. See `parquet.thrift` in apache/parquet-format.
///
/// @param rowGroups the number of rows of each row group that has some, in order
/// @param decoded the size of all row groups before compression, in bytes
/// @param dataEnd the end of the last row group's data: a position in the file
/// @param bytes the length of the footer, with all that follows it in the file
/// @param columns the columns at the top of the schema, in order
/// @param unreadable the names of the columns at the top of the schema with an encoding that DuckDB can't read
/// @param schema a digest of the whole schema: equal where files have the same columns
record ParquetFooter(
        List<Long> rowGroups,
        long decoded,
        long dataEnd,
        long bytes,
        List<Column> columns,
        Set<String> unreadable,
        String schema) {

    /// A column, which may be nested.
    ///
    /// @param id the field ID, or null if the file gives none
    /// @param shape the field IDs and names of the fields in it, as [TableColumn#shape()] has them
    record Column(String name, @Nullable Integer id, String shape) {}

    /// The length of the footer and the magic bytes, which end a file.
    static final int TRAILER = 8;

    /// A footer that is encrypted, or describes columns that are.
    static final class EncryptedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    ParquetFooter {
        rowGroups = List.copyOf(rowGroups);
        columns = List.copyOf(columns);
        unreadable = Set.copyOf(unreadable);
    }

    /// The number of rows of the file.
    long rows() {
        return rowGroups.stream().mapToLong(Long::longValue).sum();
    }

    /// The average size of a row before compression, in bytes; 0 if there are no rows.
    long rowBytes() {
        return decoded / Math.max(1, rows());
    }

    /// @param tail the end of a file, with all of its footer
    /// @throws BrokenException if it can't be decoded
    /// @throws EncryptedException if columns are encrypted
    static ParquetFooter parse(byte[] tail) throws BrokenException, EncryptedException {
        int end = tail.length - TRAILER;
        int length = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt(end);
        if (length <= 0 || length > end) {
            throw new BrokenException("its length of %d bytes can't be right".formatted(length));
        }
        Parser parser = new Parser(tail, end - length, end);
        parser.parse();
        return new ParquetFooter(
                parser.rowGroups,
                parser.decoded,
                parser.dataEnd,
                (long) length + TRAILER,
                parser.columns(),
                parser.unreadable,
                parser.schema);
    }

    private static final class Parser {
        /// The number of the physical type of byte arrays of a fixed length.
        private static final int FIXED_LENGTH = 7;

        /// The number of an encoding that DuckDB reads only in columns of numbers.
        private static final int BYTE_STREAM_SPLIT = 9;

        private final byte[] tail;
        private final CompactReader in;
        private final List<Element> elements = new ArrayList<>();
        private final List<Long> rowGroups = new ArrayList<>();
        private final Set<String> unreadable = new HashSet<>();
        private long decoded;
        private long dataEnd;
        private long groupEnd;
        private String schema = "";
        private boolean isEncrypted;

        /// @param children the number of the element's own children
        private record Element(
                String name, int children, @Nullable Integer id) {}

        Parser(byte[] tail, int from, int end) {
            this.tail = tail;
            this.in = new CompactReader(tail, from, end);
        }

        /// `FileMetaData`.
        void parse() throws BrokenException, EncryptedException {
            in.struct((id, type) -> {
                switch (id) {
                    case 2 -> {
                        int from = in.position();
                        in.list(type, this::element);
                        schema = digest(from, in.position());
                    }
                    case 4 -> in.list(type, this::rowGroup);
                    case 8 -> {
                        isEncrypted = true;
                        in.skip(type);
                    }
                    default -> in.skip(type);
                }
            });
            if (isEncrypted) {
                throw new EncryptedException();
            }
        }

        /// `SchemaElement`.
        private void element(int element) throws BrokenException {
            String[] name = {""};
            int[] children = {0};
            Integer[] fieldId = new Integer[1];
            in.struct(element, (id, type) -> {
                switch (id) {
                    case 4 -> name[0] = in.text(type);
                    case 5 -> children[0] = (int) in.integer(type);
                    case 9 -> fieldId[0] = (int) in.integer(type);
                    default -> in.skip(type);
                }
            });
            elements.add(new Element(name[0], children[0], fieldId[0]));
        }

        /// `RowGroup`.
        private void rowGroup(int element) throws BrokenException {
            long[] rows = {0};
            groupEnd = 0;
            in.struct(element, (id, type) -> {
                switch (id) {
                    case 1 -> in.list(type, this::columnChunk);
                    case 2 -> decoded += Math.max(0, in.integer(type));
                    case 3 -> rows[0] = in.integer(type);
                    default -> in.skip(type);
                }
            });
            if (rows[0] < 0) {
                throw new BrokenException("a row group has %d rows".formatted(rows[0]));
            }
            if (rows[0] > 0) {
                rowGroups.add(rows[0]);
                dataEnd = Math.max(dataEnd, groupEnd);
            }
        }

        /// `ColumnChunk`.
        private void columnChunk(int element) throws BrokenException {
            in.struct(element, (id, type) -> {
                switch (id) {
                    case 3 -> columnMetadata(type);
                    case 8, 9 -> {
                        isEncrypted = true;
                        in.skip(type);
                    }
                    default -> in.skip(type);
                }
            });
        }

        /// `ColumnMetaData`. Some writers give 0 for a dictionary that isn't there.
        private void columnMetadata(int field) throws BrokenException {
            long[] data = {0, 0, 0};
            boolean[] isFixed = {false};
            boolean[] isSplit = {false};
            List<String> path = new ArrayList<>();
            in.struct(field, (id, type) -> {
                switch (id) {
                    case 1 -> isFixed[0] = in.integer(type) == FIXED_LENGTH;
                    case 2 -> in.list(type, element -> isSplit[0] |= in.integer(element) == BYTE_STREAM_SPLIT);
                    case 3 -> in.list(type, element -> path.add(in.text(element)));
                    case 7 -> data[0] = in.integer(type);
                    case 9 -> data[1] = in.integer(type);
                    case 11 -> data[2] = in.integer(type);
                    default -> in.skip(type);
                }
            });
            if (isFixed[0] && isSplit[0] && !path.isEmpty()) {
                unreadable.add(path.getFirst());
            }
            long begin = data[2] > 0 ? Math.min(data[1], data[2]) : data[1];
            groupEnd = Math.max(groupEnd, begin + data[0]);
        }

        /// The children of the schema's first element, which is the row itself.
        List<Column> columns() throws BrokenException {
            List<Column> columns = new ArrayList<>();
            int at = 1;
            for (int i = 0; i < (elements.isEmpty() ? 0 : elements.getFirst().children()); i++) {
                if (at >= elements.size()) {
                    throw new BrokenException("its schema lacks columns");
                }
                int next = afterSubtree(at);
                columns.add(new Column(
                        elements.get(at).name(), elements.get(at).id(), shape(elements.subList(at + 1, next))));
                at = next;
            }
            return columns;
        }

        private static String shape(List<Element> nested) {
            StringBuilder shape = new StringBuilder();
            for (Element element : nested) {
                if (element.id() != null) {
                    TableColumn.addField(shape, element.id(), element.name());
                }
            }
            return shape.toString();
        }

        /// The position of the element after an element and all below it.
        private int afterSubtree(int element) {
            int next = element;
            for (long open = 1; open > 0 && next < elements.size(); next++) {
                open += Math.max(0, elements.get(next).children()) - 1L;
            }
            return next;
        }

        private String digest(int from, int to) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(tail, from, to - from);
                return HexFormat.of().formatHex(digest.digest());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }
}
