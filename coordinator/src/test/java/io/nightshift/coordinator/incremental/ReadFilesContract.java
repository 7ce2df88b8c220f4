package io.nightshift.coordinator.incremental;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.incremental.ReadFiles.Reading;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.source.FileVersion;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// What every memory of read files does.
public final class ReadFilesContract {

    private ReadFilesContract() {}

    /// A file.
    public static FileKey file(int number) {
        return FileKey.of("s", new FileVersion("/f" + number, 1, FileTime.fromMillis(0), null));
    }

    private static List<FileKey> files(int from, int to) {
        return IntStream.range(from, to).mapToObj(ReadFilesContract::file).toList();
    }

    /// @param files empty
    public static void hold(ReadFiles files) {
        Reading first = new Reading(new BatchId("a-1"), "p1", false);
        Reading again = new Reading(new BatchId("a-1"), "p2", false);

        assertThat(files.find(files(0, 3))).isEmpty();
        assertThat(files.add("s", first, files(0, 1_200), Map::isEmpty)).isTrue();
        assertThat(files.add("s", first, files(0, 1_200), any -> true)).isTrue();
        assertThat(files.add("s", again, files(1_199, 1_201), Map::isEmpty)).isFalse();
        assertThat(files.add(
                        "s", again, files(1_199, 1_201), found -> found.equals(Map.of(file(1_199), List.of(first)))))
                .isTrue();
        assertThat(files.find(files(1_198, 1_202)))
                .containsOnlyKeys(files(1_198, 1_201))
                .containsEntry(file(1_198), List.of(first))
                .containsEntry(file(1_200), List.of(again));
        assertThat(files.find(List.of(file(1_199))).get(file(1_199))).containsExactlyInAnyOrder(first, again);

        files.publish(again);
        files.publish(again);
        files.remove(first);
        files.remove(first);

        assertThat(files.find(files(0, 1_201)))
                .containsOnlyKeys(files(1_199, 1_201))
                .containsEntry(file(1_200), List.of(new Reading(new BatchId("a-1"), "p2", true)));
        oneOfManyGetsAFile(files);
    }

    private static void oneOfManyGetsAFile(ReadFiles files) {
        AtomicInteger added = new AtomicInteger();
        List<CompletableFuture<Void>> claims = IntStream.range(0, 4)
                .mapToObj(number -> CompletableFuture.runAsync(() -> {
                    Reading own = new Reading(new BatchId("b-" + number), "p", false);
                    if (files.add("s", own, files(5_000, 5_010), Map::isEmpty)) {
                        added.incrementAndGet();
                    }
                }))
                .toList();
        claims.forEach(CompletableFuture::join);
        assertThat(added).hasValue(1);
    }
}
