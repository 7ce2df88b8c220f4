package io.nightshift.source.text;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.source.SourceContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;

/// Two files with a JSON object in each line, one of them compressed.
class NdjsonSourceTest extends SourceContract {

    private Path file(int number) {
        return folder.resolve("input").resolve(number == 0 ? "rows-0.ndjson" : "rows-1.jsonl.zst");
    }

    @Override
    protected Input rows(String query) {
        try {
            Files.createDirectories(folder.resolve("input"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int number = 0; number < 2; number++) {
            write("SELECT * FROM (%s) LIMIT 15 OFFSET %d".formatted(query, 15 * number), file(number));
        }
        return input(folder.resolve("input").toString());
    }

    private void write(String query, Path file) {
        data.execute("COPY (%s) TO '%s' (FORMAT json%s)"
                .formatted(query, file, file.toString().endsWith(".zst") ? ", COMPRESSION zstd" : ""));
    }

    private static Input input(String... paths) {
        return new NdjsonInput(List.of(paths), Map.of());
    }

    private Input file(String name, String text) {
        try {
            return input(Files.writeString(
                            Files.createDirectories(folder.resolve("named")).resolve(name), text)
                    .toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected CloseIds closeIds() {
        return new CloseIds(file("close.ndjson", """
            {"id": 9007199254740993, "f0": 1}
            {"id": 9007199254740992, "f0": 2}
            {"id": 1.5, "f0": 3}
            """), null);
    }

    @Override
    protected Input nameTwice() {
        return file("twice.ndjson", """
            {"id": "r0", "ID": "other", "f0": 1}
            {"ID": "other", "f0": 2, "id": "r1"}
            """);
    }

    @Override
    protected Input named(String name, String query) {
        Path file = folder.resolve("named").resolve(name + ".ndjson");
        file(name + ".ndjson", "");
        write(query, file);
        return input(file.toString());
    }

    @Override
    protected Input allNamed() {
        return input(folder.resolve("named").toString());
    }

    @Override
    protected List<Input> aliases(Input input) {
        String files = folder.resolve("input").toString();
        return List.of(
                input(files + "/rows*"),
                input(file(1).toString(), file(0).toString()),
                input(files, file(0).toString(), files + "/./../input/rows-?.ndjson"));
    }

    @Override
    protected void change() throws Exception {
        write("SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0 FROM range(15) t(i)", file(1));
        Files.setLastModifiedTime(file(1), FileTime.fromMillis(System.currentTimeMillis() + 5000));
    }

    @Override
    protected void remove() throws Exception {
        Files.delete(file(1));
    }
}
