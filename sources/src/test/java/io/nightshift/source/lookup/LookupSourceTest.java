package io.nightshift.source.lookup;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.source.SourceContract;
import io.nightshift.source.TestJobBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;

/// Two Parquet files, each row of which has a match in two lookups; one adds the only feature.
class LookupSourceTest extends SourceContract {

    private Path file(int number) {
        return folder.resolve("input").resolve("rows-" + number + ".parquet");
    }

    @Override
    protected Input rows(String query) {
        for (int number = 0; number < 2; number++) {
            data.parquet(
                    "input/rows-%d.parquet".formatted(number),
                    "SELECT id, CAST(substr(id, 2) AS INTEGER) %% 7 AS k FROM (%s) LIMIT 15 OFFSET %d"
                            .formatted(query, 15 * number));
        }
        data.parquet("numbers.parquet", "SELECT i AS k, i * 0.5::DOUBLE AS f0 FROM range(100) t(i)");
        data.parquet("ids.parquet", "SELECT 'r' || i AS name FROM range(300) t(i)");
        return new ParquetInput(List.of(folder.resolve("input").toString()));
    }

    @Override
    protected TestJobBuilder over(Input input) {
        Path numbers = folder.resolve("numbers.parquet");
        Path ids = folder.resolve("ids.parquet");
        return TestJobBuilder.over(input)
                .join(new Lookup(
                        new ParquetInput(List.of(numbers.toString())), Map.of("k", "k"), Map.of("f0", "f0"), false))
                .join(new Lookup(new ParquetInput(List.of(ids.toString())), Map.of("id", "name"), Map.of(), true));
    }

    @Override
    protected List<Input> aliases(Input input) {
        return List.of(new ParquetInput(List.of(folder.resolve("input") + "/*.parquet")));
    }

    @Override
    protected void change() throws Exception {
        data.parquet("input/rows-1.parquet", "SELECT 'r' || (100 + i) AS id, 1 AS k FROM range(15) t(i)");
        Files.setLastModifiedTime(file(1), FileTime.fromMillis(System.currentTimeMillis() + 5000));
    }

    @Override
    protected void remove() throws Exception {
        Files.delete(file(1));
    }
}
