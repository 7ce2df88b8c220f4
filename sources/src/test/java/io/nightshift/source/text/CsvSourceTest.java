package io.nightshift.source.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Input;
import io.nightshift.source.SourceContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

/// Two CSV files, one of them compressed.
class CsvSourceTest extends SourceContract {

    private Path file(int number) {
        return folder.resolve("input").resolve(number == 0 ? "rows-0.csv" : "rows-1.csv.gz");
    }

    @Override
    protected Input rows(String query) {
        try {
            Files.createDirectories(folder.resolve("input"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        for (int number = 0; number < 2; number++) {
            data.execute("COPY (SELECT * FROM (%s) LIMIT 15 OFFSET %d) TO '%s' (FORMAT csv, HEADER)"
                    .formatted(query, 15 * number, file(number)));
        }
        return TextInputs.csv(folder.resolve("input").toString());
    }

    private Input file(String name, String text) {
        try {
            return TextInputs.csv(Files.writeString(
                            Files.createDirectories(folder.resolve("named")).resolve(name), text)
                    .toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected CloseIds closeIds() {
        return new CloseIds(file("close.csv", "id,f0\n9007199254740993,1\n9007199254740992,2\n1.5,3\n"), null);
    }

    @Override
    protected Input nameTwice() {
        file("twice-1.csv", "id,ID,f0\nr0,other,1\n");
        file("twice-2.csv", "ID,f0,id\nother,2,r1\n");
        return TextInputs.csv(folder.resolve("named").toString());
    }

    @Override
    protected Input named(String name, String query) {
        Input input = file(name + ".csv", "");
        data.execute("COPY (%s) TO '%s' (FORMAT csv, HEADER)"
                .formatted(query, folder.resolve("named").resolve(name + ".csv")));
        return input;
    }

    @Override
    protected Input allNamed() {
        return TextInputs.csv(folder.resolve("named").toString());
    }

    @Override
    protected List<Input> aliases(Input input) {
        String files = folder.resolve("input").toString();
        return List.of(
                TextInputs.csv(files + "/*.csv*"),
                TextInputs.csv(file(1).toString(), file(0).toString()),
                TextInputs.csv(files, file(0).toString(), files + "/./../input/rows-?.csv"));
    }

    @Override
    protected void change() throws Exception {
        data.execute(
                "COPY (SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0 FROM range(15) t(i)) TO '%s' (FORMAT csv, HEADER)"
                        .formatted(file(1)));
        Files.setLastModifiedTime(file(1), FileTime.fromMillis(System.currentTimeMillis() + 5000));
        assertThat(file(1)).exists();
    }

    @Override
    protected void remove() throws Exception {
        Files.delete(file(1));
    }
}
