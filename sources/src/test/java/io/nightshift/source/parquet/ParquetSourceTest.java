package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceContract;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceState;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    protected CloseIds closeIds() {
        data.parquet("close/1.parquet", "SELECT unnest([9007199254740993, 9007199254740992]) AS id, 1.5::DOUBLE AS f0");
        data.parquet("close/2.parquet", "SELECT 1.5::DOUBLE AS id, 1.5::DOUBLE AS f0");
        return new CloseIds(
                new ParquetInput(List.of(folder.resolve("close").toString())), "source.id: id is BIGINT in ");
    }

    @Override
    protected Input named(String name, String query) {
        return new ParquetInput(
                List.of(data.parquet("named/" + name + ".parquet", query).toString()));
    }

    @Override
    protected Input allNamed() {
        return new ParquetInput(List.of(folder.resolve("named").toString()));
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

    @Test
    void aFileReplacedByOneOfTheSameLengthAndTimeIsNoticed() throws Exception {
        List<SourceFile> pinned = List.of(data.pin(data.parquet("same.parquet", "SELECT 1 AS f0")));
        String identity = identity(pinned);
        Path file = Path.of(pinned.getFirst().path());
        FileTime modified = Files.getLastModifiedTime(file);
        Files.move(data.parquet("other.parquet", "SELECT 2 AS f0"), file, StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(file, modified);

        assertThat(SourcePins.change(pinned))
                .hasValue(file + ": its content is different, although its length and modification time are the same");
        assertThat(identity(List.of(data.pin(file))))
                .as("of the source, by which a submission is recognised")
                .isNotEqualTo(identity);
    }

    @Test
    void theStateOfASourceCountsWholeFilesOnlyAndMayBeEmpty() throws Exception {
        Sources sources = new Sources(() -> data.duckDb);
        Job.Source source = TestJobBuilder.over(new ParquetInput(List.of(folder.resolve("in") + "/*.parquet")))
                .build()
                .source();
        assertThat(sources.state(source).files()).isZero();

        Path written = data.parquet("in/a.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        byte[] bytes = Files.readAllBytes(written);
        Files.write(folder.resolve("in/b.parquet"), Arrays.copyOf(bytes, bytes.length / 2));
        SourceState before = sources.state(source);
        assertThat(before.files()).isEqualTo(1);
        assertThat(before.rows()).isEqualTo(10);

        Files.write(folder.resolve("in/b.parquet"), bytes);
        SourceState after = sources.state(source);
        assertThat(after.files()).isEqualTo(2);
        assertThat(after.rows()).isEqualTo(20);
        assertThat(after.digest()).isNotEqualTo(before.digest());
    }

    private static String identity(List<SourceFile> files) {
        return SourcePins.identity(
                files.stream().map(file -> new InspectedFile(file, List.of())).toList());
    }

    @Test
    void aFileReplacedWhileTheBatchIsPlannedIsRefused() {
        Path file = data.parquet("in.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        // The reader opens DuckDB after it has pinned the files, and before it reads their footers.
        ParquetReader reader = new ParquetReader(
                () -> {
                    data.parquet("in.parquet", "SELECT i AS f0 FROM range(1000) t(i)");
                    return data.duckDb;
                },
                new SourceFiles(FileRoots.UNRESTRICTED));

        assertThatThrownBy(() -> reader.inspect(TestJobBuilder.over(file).build(), TestModels.ofNumbers(1)))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("source: a file changed while the batch was being planned: " + file);
    }

    @Override
    protected void remove() throws Exception {
        Files.delete(file(1));
    }
}
