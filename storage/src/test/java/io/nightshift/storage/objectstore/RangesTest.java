package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangesTest {

    private static ByteRange range(long start, long end) {
        return new ByteRange(start, end);
    }

    @Test
    void aSetOfRangesIsASetOfBytes() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            RangeSet set = new RangeSet();
            BitSet bytes = new BitSet();
            for (int i = 0; i < 12; i++) {
                int start = random.nextInt(100);
                int end = start + 1 + random.nextInt(20);
                set.add(range(start, end));
                bytes.set(start, end);
            }
            assertThat(set.bytes()).isEqualTo(bytes.cardinality());
            List<ByteRange> wanted = List.of(range(3, 40), range(30, 60), range(90, 119));
            BitSet missing = new BitSet();
            wanted.forEach(one -> missing.set((int) one.start(), (int) one.end()));
            missing.andNot(bytes);
            BitSet found = new BitSet();
            set.missing(wanted).forEach(one -> found.set((int) one.start(), (int) one.end()));
            assertThat(found).isEqualTo(missing);
            for (ByteRange one : wanted) {
                assertThat(set.contains(one)).isEqualTo(bytes.nextClearBit((int) one.start()) >= one.end());
            }
        }
    }

    @Test
    void smallGapsAreFetchedWithWhatIsNeededAndOnlyAFewPerCent() {
        assertThat(RangeRequests.of(List.of(range(0, 1000), range(1040, 2000)))).containsExactly(range(0, 2000));
        assertThat(RangeRequests.of(List.of(range(0, 1000), range(1200, 2000))))
                .as("a tenth more than is needed")
                .containsExactly(range(0, 1000), range(1200, 2000));
        assertThat(RangeRequests.of(List.of(range(0, 1000), range(1140, 2000), range(2010, 3000))))
                .as("the smallest gap first")
                .containsExactly(range(0, 1000), range(1140, 3000));
        long large = 100L << 20;
        assertThat(RangeRequests.of(List.of(range(0, large), range(large + (2 << 20), large + (3 << 20)))))
                .as("a gap that takes longer than a request")
                .hasSize(14);
    }

    @Test
    void aLargeRangeIsSplitWithoutGapOrOverlap() {
        List<ByteRange> requests = RangeRequests.of(List.of(range(5, 5 + (20 << 20))));
        assertThat(requests).hasSize(3);
        long position = 5;
        for (ByteRange request : requests) {
            assertThat(request.start()).isEqualTo(position);
            position = request.end();
        }
        assertThat(position).isEqualTo(5 + (20 << 20));
    }

    @Test
    void requestsContainWhatIsNeededAndLittleMore() {
        Random random = new Random(8);
        for (int round = 0; round < 200; round++) {
            List<ByteRange> needed = new ArrayList<>();
            long position = 0;
            for (int i = 0; i < 1 + random.nextInt(30); i++) {
                position += 1 + random.nextInt(10_000);
                long end = position + 1 + random.nextInt(100_000);
                needed.add(range(position, end));
                position = end;
            }
            RangeSet requested = new RangeSet();
            List<ByteRange> requests = RangeRequests.of(needed);
            requests.forEach(requested::add);
            long bytes = needed.stream().mapToLong(ByteRange::length).sum();
            assertThat(needed).allMatch(requested::contains);
            assertThat(requests.stream().mapToLong(ByteRange::length).sum())
                    .isEqualTo(requested.bytes())
                    .isLessThanOrEqualTo(bytes + (long) (bytes * RangeRequests.WASTE));
        }
    }
}
