package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What planning reads of its files, and the example of the page on Parquet sources.
class ParquetPlanTest extends ParquetReaderFixture {

    private static final Path PAGE = Path.of("../docs/how-to/parquet-source.md");

    private static final int FILES = 50;

    /// The end of a file that is read at once.
    private static final long TAIL = 64 * 1024;

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPlanReadsTheEndOfEachFileOnceAndNothingElse() throws IOException {
        Path one = node.parquet("in/0.parquet", "SELECT i AS f0, random() AS noise FROM range(40000) t(i)");
        for (int i = 1; i < FILES; i++) {
            Files.copy(one, folder.resolve(i + ".parquet"));
        }
        assertThat(Files.size(one)).isGreaterThan(4 * TAIL);
        Job job = TestJobBuilder.over(folder).build();
        inspect(job);
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 3; attempt++) {
            long before = bytesRead();
            assertThat(inspect(job)).hasSize(FILES);
            least = Math.min(least, bytesRead() - before);
        }
        assertThat(least)
                .as(
                        "bytes read: the ends, and one footer again for the types; twice the ends would be %d",
                        2 * FILES * TAIL)
                .isGreaterThanOrEqualTo(FILES * TAIL)
                .isLessThan(FILES * TAIL * 5 / 4);
    }

    /// The bytes that this process has read until now, from files and anything else.
    private static long bytesRead() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
            if (line.startsWith("rchar: ")) {
                return Long.parseLong(line.substring("rchar: ".length()));
            }
        }
        throw new IllegalStateException("Linux does not count");
    }

    @Test
    void theExampleOfThePageReadsTwoOfItsThreeFiles() throws IOException {
        String page = Files.readString(PAGE);
        Matcher files = Pattern.compile("flights/dt=[^/\n]+/region=[^/\n]+/[^/\n]+\\.parquet")
                .matcher(page);
        int number = 0;
        while (files.find()) {
            Path file = node.parquet("job/" + files.group(), "SELECT 120 AS distance");
            if (number++ == 0) {
                Files.writeString(file, "opening this file would fail the plan");
            }
        }
        assertThat(number).isEqualTo(3);
        Matcher yaml = Pattern.compile("```yaml\n(job: .*?)```", Pattern.DOTALL).matcher(page);
        assertThat(yaml.find()).isTrue();
        Job job = JobFile.parse(yaml.group(1), node.folder.resolve("job/job.yaml"), List.of());
        ModelDescription model = TestModels.of(TestModels.number("distance"), TestModels.number("weekday"));

        assertThat(inspector.inspect(job, model)).hasSize(2);
        assertThat(inspector.bind(job, model).output())
                .extracting(column -> column.name() + " " + column.type())
                .containsExactly("dt DATE", "region VARCHAR");
    }
}
