package io.nightshift.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.FileNotFoundException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFilesTest {

    @TempDir
    private Path folder = Path.of("");

    private final DiskFiles files = new DiskFiles(FileRoots.UNRESTRICTED);

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void ofManyThatCreateAFileOneSucceeds() throws Exception {
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            String text = "content " + i;
            calls.add(() -> files.create(path("1.json"), bytes(text)));
        }
        List<Integer> winners = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> created = threads.invokeAll(calls);
            for (int i = 0; i < created.size(); i++) {
                if (created.get(i).get()) {
                    winners.add(i);
                }
            }
        }

        assertThat(winners).hasSize(1);
        assertThat(folder.resolve("1.json")).hasContent("content " + winners.getFirst());
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void filesAreListedFromANameInOrder() throws Exception {
        for (String name : List.of("2.json", "10.json", "1.json", ".nightshift-x.tmp")) {
            Files.writeString(folder.resolve(name), name);
        }
        Files.createDirectory(folder.resolve("_sidecars"));

        assertThat(files.listFrom(path("10.json")))
                .extracting(TableFiles.Entry::path)
                .containsExactly(path("10.json"), path("2.json"));
        assertThat(files.listFrom(path("3"))).isEmpty();
    }

    @Test
    void aFolderWithoutFilesOfOthersIsNotThere() throws Exception {
        assertThatThrownBy(() -> files.listFrom(path("log/0"))).isInstanceOf(FileNotFoundException.class);
        Files.createDirectory(folder.resolve("log"));
        Files.writeString(folder.resolve("log/.nightshift-x.tmp"), "half");

        assertThatThrownBy(() -> files.listFrom(path("log/0"))).isInstanceOf(FileNotFoundException.class);
    }

    @Test
    void aFileIsCreatedFromAnotherOnlyOnce() throws Exception {
        try (TableFiles.Scratch written = files.scratch(folder.toString())) {
            Files.writeString(written.path(), "one");
            assertThat(files.create(path("checkpoint"), written.path())).isTrue();
            Files.writeString(folder.resolve("other"), "two");
            assertThat(files.create(path("checkpoint"), folder.resolve("other")))
                    .isFalse();
        }

        assertThat(files.read(path("checkpoint"))).isEqualTo(bytes("one"));
    }

    @Test
    void aFileIsReplacedAsAWholeAndDeleted() throws Exception {
        files.replace(path("_last_checkpoint"), bytes("one"));
        files.replace(path("_last_checkpoint"), bytes("two"));

        assertThat(files.read(path("_last_checkpoint"))).isEqualTo(bytes("two"));
        files.delete(path("_last_checkpoint"));
        files.delete(path("_last_checkpoint"));
        assertThat(files.find(path("_last_checkpoint"))).isNull();
        assertThatThrownBy(() -> files.read(path("_last_checkpoint"))).isInstanceOf(FileNotFoundException.class);
    }

    @Test
    void foldersThatJobsMayNotWriteAreRefused() {
        DiskFiles limited = new DiskFiles(FileRoots.only(List.of(), List.of(folder.resolve("other"))));

        assertThatThrownBy(() -> limited.create(path("1.json"), bytes("x")))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("is outside the folders that jobs may write");
    }
}
