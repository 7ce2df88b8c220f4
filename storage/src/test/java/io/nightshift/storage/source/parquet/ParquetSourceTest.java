package io.nightshift.storage.source.parquet;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.storage.source.SourceContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

/// Two files, in row groups.
class ParquetSourceTest extends SourceContract {

    private Path file(int number) {
        return folder.resolve("input").resolve("rows-" + number + ".parquet");
    }

    @Override
    protected Input rows(String query) {
        for (int number = 0; number < 2; number++) {
            data.parquet(
                    "input/rows-%d.parquet".formatted(number),
                    "SELECT * FROM (%s) LIMIT 15 OFFSET %d".formatted(query, 15 * number));
        }
        return new ParquetInput(List.of(folder.resolve("input").toString()));
    }

    @Override
    protected List<Input> aliases(Input input) {
        String files = folder.resolve("input").toString();
        return List.of(
                new ParquetInput(List.of(files + "/*.parquet")),
                new ParquetInput(List.of(files + "/rows-1.parquet", files + "/rows-0.parquet")),
                new ParquetInput(List.of(files, files + "/rows-0.parquet", files + "/./../input/rows-?.parquet")));
    }

    @Override
    protected void change() throws Exception {
        data.parquet("input/rows-1.parquet", "SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0 FROM range(15) t(i)");
        Files.setLastModifiedTime(file(1), FileTime.fromMillis(System.currentTimeMillis() + 5000));
    }

    @Override
    protected void remove() throws Exception {
        Files.delete(file(1));
    }
}
