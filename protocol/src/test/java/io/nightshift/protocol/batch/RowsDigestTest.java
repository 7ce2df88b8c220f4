package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowsDigestTest {

    private static final List<String> ROWS =
            IntStream.range(0, 500).mapToObj(i -> "row " + i).toList();

    @Test
    void theDigestIsTheSumOfTheRowsHashes() throws Exception {
        BigInteger sum = BigInteger.ZERO;
        for (String row : ROWS) {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(row.getBytes(StandardCharsets.UTF_8));
            sum = sum.add(new BigInteger(1, hash));
        }
        byte[] expected =
                sum.mod(BigInteger.TWO.pow(256)).add(BigInteger.TWO.pow(256)).toByteArray();
        assertThat(of(ROWS)).isEqualTo(HexFormat.of().formatHex(expected, expected.length - 32, expected.length));
    }

    @Test
    void theOrderMakesNoDifferenceAndAnythingElseDoes() {
        List<String> rows = new ArrayList<>(ROWS);
        Collections.shuffle(rows, new Random(1));
        assertThat(of(rows)).isEqualTo(of(ROWS));
        rows.set(7, rows.get(8));
        assertThat(of(rows)).isNotEqualTo(of(ROWS));
        assertThat(of(ROWS.subList(1, 500))).isNotEqualTo(of(ROWS));
    }

    @Test
    void digestsOfPartsAddUpToThatOfTheWhole() {
        for (int cut = 0; cut < 500; cut += 50) {
            assertThat(RowsDigest.sum(of(ROWS.subList(0, cut)), of(ROWS.subList(cut, 500))))
                    .isEqualTo(of(ROWS));
        }
    }

    private static String of(List<String> rows) {
        RowsDigest digest = new RowsDigest();
        for (String row : rows) {
            byte[] bytes = ("--" + row).getBytes(StandardCharsets.UTF_8);
            digest.add(bytes, 2, bytes.length - 2);
        }
        assertThat(digest.rows()).isEqualTo(rows.size());
        return digest.text();
    }
}
