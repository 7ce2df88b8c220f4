package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A test of a table as a source, with what a coordinator and a node do with it.
abstract class TableSource {

    static final ModelDescription MODEL = TestModels.ofNumbers(1);
    static final String NAME = "db.rows";

    @TempDir
    Path folder = Path.of("");

    TestData data;
    TestTable table;
    Sources sources;

    @BeforeEach
    void start() {
        data = TestData.shared(folder);
        use(new TestTable(data, NAME, TestTable.schema()));
    }

    @AfterEach
    void stop() {
        sources.close();
        table.close();
        data.close();
    }

    /// A table in place of the one that is there.
    void use(TestTable made) {
        table = made;
        sources = sources(table.dataSources());
    }

    void use(Schema schema, PartitionSpec spec, int version) {
        table.close();
        sources.close();
        use(new TestTable(data, "db.other", schema, spec, version));
    }

    Sources sources(DataSources known) {
        return new Sources(
                () -> data.duckDb, FileRoots.UNRESTRICTED, ObjectCopies.none(), known, new ReadConnections(1));
    }

    IcebergInput input() {
        return new IcebergInput(TestTable.CATALOG, table.table().name());
    }

    static TestJobBuilder job(IcebergInput input) {
        return TestJobBuilder.over(input).id("id");
    }

    List<InspectedFile> plan(Job job) {
        return sources.inspect(job, MODEL);
    }

    static List<Slice> whole(List<InspectedFile> files) {
        return files.stream()
                .map(file -> new Slice(file.file(), 0, file.file().rows()))
                .toList();
    }

    /// The rows that a node reads of a plan.
    ///
    /// @param select over the columns of the table
    List<String> read(Job job, List<InspectedFile> files, String select) {
        return readSlices(job, whole(files), select);
    }

    List<String> readSlices(Job job, List<Slice> slices, String select) {
        List<String> rows = new ArrayList<>();
        SourceReader reader = sources.of(job.source());
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, job, MODEL)) {
                SourceRelation relation = group.relation();
                rows.addAll(data.rows("SELECT %s FROM %s WHERE %s"
                        .formatted(select, relation.from(), relation.range().isEmpty() ? "TRUE" : relation.range())));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        rows.sort(null);
        return rows;
    }

    List<String> read(IcebergInput input, String select) {
        Job job = job(input).build();
        List<InspectedFile> files = plan(job);
        List<String> rows = read(job, files, select);
        assertThat(files.stream().mapToLong(file -> file.file().rows()).sum())
                .as("the rows of the plan")
                .isEqualTo(rows.size());
        return rows;
    }

    List<String> ids() {
        return read(input(), "id");
    }

    String refusal(IcebergInput input) {
        return refusal(job(input).build());
    }

    String refusal(Job job) {
        List<String> message = new ArrayList<>();
        assertThatThrownBy(() -> plan(job)).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().isPermanent()).isTrue();
            message.add(e.failure().message());
        });
        return message.getFirst();
    }

    static String rows(int from, int to) {
        return "SELECT 'r' || i AS id, i * 1.5::DOUBLE AS f0 FROM range(%d, %d) t(i)".formatted(from, to);
    }

    static Path path(DataFile file) {
        return Path.of(file.location().substring("file://".length()));
    }

    static List<SourceFile> pins(List<InspectedFile> planned) {
        return planned.stream().map(InspectedFile::file).toList();
    }
}
