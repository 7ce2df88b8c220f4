package io.nightshift.protocol.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SliceTest {

    private static final Cut LOW = new Cut("k < 5", "..5");
    private static final Cut HIGH = new Cut("k >= 5", "5..");

    private static SourceFile file(int number) {
        return new SourceFile("/" + number + ".parquet", 1000, Instant.EPOCH, 100, "");
    }

    private static Slice slice(int file, long firstRow, @Nullable Cut cut) {
        return new Slice(file(file), firstRow, 10, 5, cut);
    }

    @Test
    void slicesWithoutACutAreOneGroup() {
        List<Slice> slices = List.of(slice(2, 0, null), slice(1, 50, null), slice(1, 20, null));

        assertThat(Slice.byCut(slices)).containsExactly(slices);
    }

    @Test
    void noSlicesAreNoGroup() {
        assertThat(Slice.byCut(List.of())).isEmpty();
    }

    @Test
    void groupsAndTheirSlicesKeepTheirOrder() {
        Slice first = slice(2, 30, HIGH);
        Slice second = slice(1, 40, LOW);
        Slice third = slice(1, 20, HIGH);
        Slice fourth = slice(3, 0, null);
        Slice fifth = slice(1, 0, LOW);
        Slice sixth = slice(1, 60, HIGH);

        assertThat(Slice.byCut(List.of(first, second, third, fourth, fifth, sixth)))
                .containsExactly(List.of(first, third, sixth), List.of(second, fifth), List.of(fourth));
    }
}
