package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.TestJobBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Files that can't be read are refused by their names.
class BrokenParquetFilesTest extends ParquetReaderFixture {

    @Test
    void anEncryptedFileIsCalledThat() throws IOException {
        Path file = Files.writeString(Files.createDirectories(folder).resolve("a.parquet"), "PARE....PARE....PARE");
        assertRefused(TestJobBuilder.over(file).build(), file + " is an encrypted Parquet file");
    }

    @Test
    void anEmptyFileIsRefusedByName() throws IOException {
        Path file = Files.createFile(Files.createDirectories(folder).resolve("a.parquet"));
        assertRefused(TestJobBuilder.over(file).build(), "source: " + file + " is empty (0 bytes)");
    }

    @Test
    void aFileOfAnotherKindIsRefusedByName() throws IOException {
        Path file = Files.createDirectories(folder).resolve("a.parquet");
        for (String content : List.of("P", "PAR1", "PAR1PAR1", "a,b\n1,2\n3,4\n5,6\n7,8\n")) {
            Files.writeString(file, content);
            assertRefused(TestJobBuilder.over(file).build(), "source: " + file + " is not a Parquet file");
        }
    }

    @Test
    void aFileCutAnywhereIsRefusedByName() throws IOException {
        Path file = node.parquet("in/a.parquet", ROWS, ", ROW_GROUP_SIZE 2048");
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(7);
        for (int i = 0; i < 60; i++) {
            Files.write(file, Arrays.copyOf(whole, 12 + random.nextInt(whole.length - 12)));
            assertRefused(TestJobBuilder.over(file).build(), file.toString(), "truncated");
        }
    }

    @Test
    void aFileThatLostBytesInItsMiddleIsRefusedByName() throws IOException {
        Path file = node.parquet("in/a.parquet", ROWS, ", ROW_GROUP_SIZE 2048");
        byte[] whole = Files.readAllBytes(file);
        int footer = ByteBuffer.wrap(whole, whole.length - 8, 4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
        Random random = new Random(7);
        for (int i = 0; i < 60; i++) {
            int data = whole.length - 8 - footer;
            int from = 4 + random.nextInt(data - 5);
            int lost = 1 + random.nextInt(Math.min(4000, data - from));
            byte[] cut = Arrays.copyOf(whole, whole.length - lost);
            System.arraycopy(whole, from + lost, cut, from, whole.length - from - lost);
            Files.write(file, cut);
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    "source: " + file + " is truncated: it is shorter than its Parquet footer says");
        }
    }

    @Test
    void aBrokenFooterIsRefusedByNameOrHarmless() throws IOException {
        Path good = node.parquet("in/a.parquet", ROWS);
        Path bad = node.parquet("in/b.parquet", ROWS);
        byte[] whole = Files.readAllBytes(bad);
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 150; i++) {
            byte[] broken = whole.clone();
            int at = broken.length - 4 - 1 - random.nextInt(400);
            broken[at] = (byte) random.nextInt(256);
            Files.write(bad, broken);
            try {
                inspect(TestJobBuilder.over(good, bad).build());
            } catch (FailureException e) {
                refused++;
                assertThat(e.getMessage()).contains(bad.toString()).doesNotContain("\n");
            }
        }
        assertThat(refused).isGreaterThan(50);
    }

    @Test
    void aWrongLengthOfTheFooterIsRefusedByName() throws IOException {
        Path file = node.parquet("in/a.parquet", ROWS);
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 1, 7, 1 << 30, -1, Integer.MIN_VALUE, whole.length, whole.length - 12}) {
            byte[] broken = whole.clone();
            ByteBuffer.wrap(broken).order(ByteOrder.LITTLE_ENDIAN).putInt(broken.length - 8, length);
            Files.write(file, broken);
            assertRefused(TestJobBuilder.over(file).build(), file.toString(), "footer");
        }
    }

    @Test
    void aFileThatMayNotBeReadIsRefusedByName() throws IOException {
        Path file = node.parquet("in/a.parquet", ROWS);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(file), "root may read everything");
        assertRefused(TestJobBuilder.over(file).build(), "source: " + file + " can't be read", "Permission denied");
    }

    /// DuckDB reads this encoding of numbers only. The test gives it to a column of UUIDs in the footer.
    @Test
    void anEncodingThatCantBeReadIsRefusedIfTheJobReadsTheColumn() throws IOException {
        Path file = node.parquet("in/a.parquet", "SELECT i AS f0, uuid() AS id, uuid() AS other FROM range(10) t(i)");
        byte[] bytes = Files.readAllBytes(file);
        // ColumnMetaData: type = FIXED_LEN_BYTE_ARRAY, encodings = a list of one, PLAIN.
        byte[] uuids = {0x15, 0x0e, 0x19, 0x15, 0x00};
        int found = 0;
        for (int i = 0; i + uuids.length <= bytes.length; i++) {
            if (found == 0 && Arrays.equals(bytes, i, i + uuids.length, uuids, 0, uuids.length)) {
                bytes[i + uuids.length - 1] = 0x12;
                found++;
            }
        }
        assertThat(found).isEqualTo(1);
        Files.write(file, bytes);

        assertRefused(
                TestJobBuilder.over(file).features("f0").id("id").build(),
                "source: the column \"id\" of " + file + " has the encoding BYTE_STREAM_SPLIT");
        assertThat(inspect(TestJobBuilder.over(file).features("f0").id("other").build()))
                .hasSize(1);
    }

    @Test
    void theBytesOfAnotherLanguageAreNotAFooter() throws IOException {
        Path file = Files.createDirectories(folder).resolve("a.parquet");
        Files.write(file, ("PAR1" + "x".repeat(100) + "PAR1").getBytes(StandardCharsets.US_ASCII));
        assertRefused(TestJobBuilder.over(file).build(), file.toString());
    }
}
