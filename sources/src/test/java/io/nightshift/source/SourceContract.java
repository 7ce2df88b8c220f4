package io.nightshift.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.changed.KnownRows;
import io.nightshift.source.changed.RowSet;
import io.nightshift.source.kinds.Sources;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The promises of every [SourceReader], tested with 30 rows with the columns `id` ('r0', 'r1', …) and `f0`.
/// A kind of source has one subclass, which makes the rows and changes them.
public abstract class SourceContract {

    private static final int ROWS = 30;
    private static final BatchId BATCH = new BatchId("flights-1");
    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    @TempDir
    protected Path folder = Path.of("");

    protected TestData data;

    /// Makes the rows, in two pieces at least.
    ///
    /// @param query for the rows `id`, `f0` from number `from` to `to`, in order
    protected abstract Input rows(String query);

    /// The same rows, named in another way, or more than once.
    protected abstract List<Input> aliases(Input input);

    /// Changes the content of the source without changing its number of rows.
    protected abstract void change() throws Exception;

    /// Removes part of the source.
    protected abstract void remove() throws Exception;

    /// How many rows a state counts.
    protected int countedRows(int rows) {
        return rows;
    }

    /// Checks the sentence about a piece that was removed.
    protected void assertGone(String change) {
        assertThat(change).endsWith(": it is gone");
    }

    /// Rows whose IDs are 9007199254740993, 9007199254740992 and 1.5, in the types of the kind that have them.
    ///
    /// @param refusal how the message begins that refuses them; null if they are read as they are
    public record CloseIds(Input input, @Nullable String refusal) {}

    /// @return null if the kind can't have such IDs in one column
    protected @Nullable CloseIds closeIds() {
        return null;
    }

    /// Rows with the columns `id` (`r0` …), `ID` (`other`) and `f0`.
    ///
    /// @return null if the kind can't have both columns
    protected @Nullable Input nameTwice() {
        return null;
    }

    /// Makes a file or an object with rows.
    ///
    /// @param name without the ending
    /// @return the input that names only this file; null if the kind has no files
    protected @Nullable Input named(String name, String query) {
        return null;
    }

    /// All files that [#named] has made.
    protected Input allNamed() {
        throw new UnsupportedOperationException();
    }

    @BeforeEach
    void start() {
        data = new TestData(folder);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    private Input made() {
        return rows("SELECT 'r' || i AS id, i * 1.5 AS f0 FROM range(%d) t(i)".formatted(ROWS));
    }

    /// The sources as a node has them.
    protected Sources sources() {
        return new Sources(() -> data.duckDb);
    }

    /// The beginning of a job over the rows.
    protected TestJobBuilder over(Input input) {
        return TestJobBuilder.over(input);
    }

    private Job job(Input input) {
        return over(input).id("id").partitions(10).build();
    }

    protected List<InspectedFile> inspect(Input input) {
        return sources().inspect(job(input), MODEL);
    }

    private PinComparison pins(Input input) {
        return sources().pins(job(input));
    }

    private static List<SourceFile> pins(List<InspectedFile> inspected) {
        return inspected.stream().map(InspectedFile::file).toList();
    }

    /// The empty slices that name the files of lookups.
    private static List<Slice> lookups(List<InspectedFile> inspected) {
        return inspected.stream()
                .filter(file -> file.file().isLookup())
                .map(file -> new Slice(file.file(), 0, 0))
                .toList();
    }

    private static List<InspectedFile> ownFiles(List<InspectedFile> inspected) {
        return inspected.stream().filter(file -> !file.file().isLookup()).toList();
    }

    /// Each piece that is best read whole, as a slice.
    protected static List<Slice> pieces(List<InspectedFile> inspected) {
        List<Slice> slices = new ArrayList<>();
        for (InspectedFile file : inspected) {
            long first = 0;
            for (long rows : file.rowGroups()) {
                slices.add(new Slice(file.file(), first, rows));
                first += rows;
            }
        }
        return slices;
    }

    protected List<String> ids(Input input, List<Slice> slices) throws SQLException {
        return ids(sources(), input, slices);
    }

    private List<String> ids(Sources sources, Input input, List<Slice> wanted) throws SQLException {
        List<Slice> slices = withLookups(input, wanted);
        List<String> ids = new ArrayList<>();
        SourceReader reader = sources.of(job(input).source());
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, job(input), MODEL)) {
                String id = Objects.requireNonNull(group.job().id()).sql();
                String range = group.relation().range();
                ids.addAll(data.rows("SELECT %s FROM %s%s"
                        .formatted(id, group.relation().from(), range.isEmpty() ? "" : " WHERE " + range)));
            }
        }
        return ids;
    }

    @Test
    void eachRowIsInOneCutOfAPartitionKeyAndCountedThere() throws Exception {
        Input input = made();
        Assumptions.assumeTrue(job(input).source().lookups().isEmpty(), "lookups go with no partition key");
        List<PartitionKey> keys = List.of(
                new PartitionKey("id", 3, List.of(), null, PartitionKey.UTC, false, null, null),
                new PartitionKey("f0", null, List.of("9", "9.5", "30"), null, PartitionKey.UTC, true, null, null),
                new PartitionKey("f0 > 20", 2, List.of(), null, PartitionKey.UTC, true, "far", null));
        Sources sources = sources();
        for (PartitionKey key : keys) {
            Job job = over(input).id("id").partitions(8).partitions(key).build();
            List<InspectedFile> inspected = sources.inspect(job, MODEL);
            CutPlan counted = sources.count(job, MODEL, inspected);
            List<String> ids = new ArrayList<>();
            for (int cut = 0; cut < counted.cuts().size(); cut++) {
                int number = cut;
                List<Slice> slices = counted.pieces().stream()
                        .filter(piece -> piece.cut() == number)
                        .map(piece -> new Slice(
                                inspected.get(piece.file()).file(),
                                piece.firstRow(),
                                piece.rows(),
                                piece.selected(),
                                counted.cuts().get(number)))
                        .toList();
                List<String> found = ids(sources, input, slices);
                assertThat(found).as("%s", counted.cuts().get(cut)).hasSize((int)
                        slices.stream().mapToLong(Slice::selected).sum());
                ids.addAll(found);
            }
            assertThat(ids).as("%s", key).containsExactlyInAnyOrderElementsOf(all());
            assertThat(sources.count(job, MODEL, inspected)).isEqualTo(counted);
        }
    }

    @Test
    void aBatchReadsTheRowsThatHaveChanged() throws Exception {
        Input input = made();
        Job job = job(input).with(new ChangedRows(List.of("f0"), false));
        KnownRows known = new KnownRows();
        Sources sources = sources().with(known);
        List<InspectedFile> inspected = sources.inspect(job, MODEL);
        Map<Long, Long> all = new TreeMap<>();
        sources.changedRows(job).changed(inspected, List.of(), all::put);
        assertThat(all).hasSize(ROWS);

        // Rows that were scored as they are, but for a few.
        RowSet scored = known.add(
                "flights-1",
                visitor -> all.forEach((key, fingerprint) -> {
                    if (Math.floorMod(key, 5) > 0) {
                        visitor.entry(key, Math.floorMod(key, 5) == 1 ? fingerprint + 1 : fingerprint);
                    }
                }));
        RowSet changed = known.add(
                "flights-2", visitor -> sources.changedRows(job).changed(inspected, List.of(scored), visitor));
        assertThat(changed.rows())
                .isEqualTo(all.keySet().stream()
                        .filter(key -> Math.floorMod(key, 5) < 2)
                        .count());

        List<Slice> slices = new ArrayList<>(pieces(ownFiles(inspected)));
        slices.addAll(lookups(inspected));
        slices.add(new Slice(changed.pinned(job.source().lookups().size()), 0, 0));
        SourceReader reader = sources.of(job);
        List<String> ids = new ArrayList<>();
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (SourceRelation relation : reader.relations(connection, slices)) {
                assertThat(relation.leavesOut()).isTrue();
                ids.addAll(data.rows("SELECT id FROM (%s)".formatted(relation.query(job.source(), "id"))));
            }
        }
        assertThat(ids).doesNotHaveDuplicates().hasSize((int) changed.rows());
        assertThat(SourcePins.change(slices.stream().map(Slice::file).toList(), sources.pins(job)))
                .isEmpty();
    }

    private List<Slice> withLookups(Input input, List<Slice> slices) {
        List<Slice> all = new ArrayList<>(slices);
        all.addAll(lookups(inspect(input)));
        return all;
    }

    private static List<String> all() {
        return IntStream.range(0, ROWS).mapToObj(i -> "r" + i).toList();
    }

    @Test
    void itsStateIsTheSameUntilItChanges() throws Exception {
        Input input = made();
        Sources sources = sources();
        SourceState first = sources.state(job(input).source());

        assertThat(first.rows()).isEqualTo(countedRows(ROWS));
        assertThat(first.files()).isPositive();
        assertThat(sources.state(job(input).source())).isEqualTo(first);
        assertThat(sources().state(job(input).source())).as("to another node").isEqualTo(first);
        change();
        SourceState changed = sources.state(job(input).source());
        assertThat(changed.rows()).isEqualTo(countedRows(ROWS));
        assertThat(changed.digest()).isNotEqualTo(first.digest());
        remove();
        assertThat(sources.state(job(input).source()).rows()).isLessThan(ROWS);
    }

    @Test
    void itsPiecesAreAllOfItsRowsOnce() throws SQLException {
        Input input = made();
        List<InspectedFile> inspected = inspect(input);

        assertThat(ownFiles(inspected).stream()
                        .mapToLong(file -> file.file().rows())
                        .sum())
                .isEqualTo(ROWS);
        assertThat(ownFiles(inspected))
                .allSatisfy(file -> assertThat(file.rowGroups().stream()
                                .mapToLong(Long::longValue)
                                .sum())
                        .isEqualTo(file.file().rows()));
        assertThat(ids(input, pieces(inspected))).containsExactlyInAnyOrderElementsOf(all());
    }

    @Test
    void aSliceIsItsRowsWhereverItIsCut() throws SQLException {
        Input input = made();
        List<Slice> cut = new ArrayList<>();
        for (InspectedFile file : ownFiles(inspect(input))) {
            for (long row = 0; row < file.file().rows(); row += 7) {
                cut.add(new Slice(file.file(), row, Math.min(7, file.file().rows() - row)));
            }
        }
        List<String> together = new ArrayList<>();
        for (Slice slice : cut) {
            List<String> rows = ids(input, List.of(slice));
            assertThat(rows).hasSize((int) slice.rows());
            together.addAll(rows);
        }
        assertThat(together).containsExactlyInAnyOrderElementsOf(all());
        assertThat(ids(input, cut)).containsExactlyInAnyOrderElementsOf(all());
    }

    @Test
    void aRowHasOnePositionHoweverItIsRead() throws SQLException {
        Input input = made();
        List<InspectedFile> inspected = inspect(input);
        String select = "%s || ' ' || %s || ' ' || id AS position";
        List<String> whole = new ArrayList<>();
        List<String> single = new ArrayList<>();
        SourceReader reader = sources().of(job(input).source());
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(withLookups(input, pieces(inspected)))) {
            for (SourceRelation relation : reader.relations(connection, pieces(inspected))) {
                whole.addAll(data.rows("SELECT position FROM (%s)"
                        .formatted(relation.query(
                                job(input).source(), select.formatted(relation.file(), relation.row())))));
            }
            for (Slice slice : pieces(inspected)) {
                try (HeldSlices _ = reader.hold(withLookups(input, List.of(slice)))) {
                    SourceRelation relation =
                            reader.relations(connection, List.of(slice)).getFirst();
                    single.addAll(data.rows("SELECT position FROM (%s)"
                            .formatted(relation.query(
                                    job(input).source(), select.formatted(relation.file(), relation.row())))));
                }
            }
        }
        assertThat(whole).hasSize(ROWS).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(single);
    }

    @Test
    void itsAliasesAreTheSameRowsOnce() throws SQLException {
        Input input = made();
        for (Input alias : aliases(input)) {
            assertThat(inspect(alias)).as(alias.toString()).isEqualTo(inspect(input));
            assertThat(ids(alias, pieces(inspect(alias)))).containsExactlyInAnyOrderElementsOf(all());
        }
    }

    @Test
    void aChangeIsSeenByIdentityAndPin() throws Exception {
        Input input = made();
        String before = SourcePins.identity(inspect(input));
        List<SourceFile> pinned = pins(inspect(input));
        assertThat(SourcePins.change(pinned, pins(input))).isEmpty();
        SourcePins.check(BATCH, pinned, pins(input));

        change();

        assertThat(SourcePins.identity(inspect(input))).isNotEqualTo(before);
        assertThat(SourcePins.change(pinned, pins(input))).isPresent();
        assertThatThrownBy(() -> SourcePins.check(BATCH, pinned, pins(input)))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("the input changed since flights-1 was planned: ");
    }

    @Test
    void whatIsGoneIsSeenByThePin() throws Exception {
        Input input = made();
        List<SourceFile> pinned = pins(inspect(input));

        remove();

        assertThat(SourcePins.change(pinned, pins(input))).hasValueSatisfying(this::assertGone);
    }

    @Test
    void idsThatDifferAreNeverMadeEqual() throws SQLException {
        CloseIds close = closeIds();
        Assumptions.assumeTrue(close != null, "no column has such IDs");
        if (close.refusal != null) {
            assertThatThrownBy(() -> inspect(close.input))
                    .isInstanceOf(FailureException.class)
                    .hasMessageStartingWith(close.refusal);
            return;
        }
        assertThat(ids(close.input, pieces(inspect(close.input))))
                .containsExactlyInAnyOrder("9007199254740993", "9007199254740992", "1.5");
    }

    @Test
    void aTextThatLooksLikeAnotherTypeStaysAText() throws SQLException {
        Assumptions.assumeTrue(
                job(new ParquetInput(List.of("/none"))).source().lookups().isEmpty(), "lookups have no such keys");
        List<String> texts = List.of("5", "1e3", "007", "null", "true", "[1]", "{}", "2026-01-01", "abc", "NaN");
        Input input = rows("SELECT unnest(%s) AS id, 1.5 AS f0"
                .formatted(texts.stream().map(text -> "'" + text + "'").toList()));

        assertThat(ids(input, pieces(inspect(input)))).containsExactlyInAnyOrderElementsOf(texts);
    }

    @Test
    void aNameThatIsThereTwiceNamesTwoColumns() throws SQLException {
        Input input = nameTwice();
        Assumptions.assumeTrue(input != null, "no table has both columns");
        Job other = over(input).id("ID_1").partitions(10).build();

        assertThat(ids(input, pieces(inspect(input)))).allMatch(id -> id.startsWith("r"));
        assertThat(sources().inspect(other, MODEL)).isNotEmpty();
        List<Slice> slices = pieces(sources().inspect(other, MODEL));
        SourceReader reader = sources().of(other.source());
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, other, MODEL)) {
                String id = Objects.requireNonNull(group.job().id()).sql();
                assertThat(data.rows("SELECT DISTINCT %s FROM %s"
                                .formatted(id, group.relation().from())))
                        .containsExactly("other");
            }
        }
    }

    @Test
    void aNameThatIsAPatternNamesItsOwnFile() throws SQLException {
        List<String> names = List.of("a*b", "a b", "[x]{y}", "q?", "qq", "in=1");
        List<Input> inputs = new ArrayList<>();
        for (String name : names) {
            inputs.add(named(name, "SELECT '%s' AS id, 1.5 AS f0".formatted(name)));
        }
        Assumptions.assumeTrue(inputs.getFirst() != null, "no files");
        for (int i = 0; i < names.size(); i++) {
            assertThat(ids(inputs.get(i), pieces(inspect(inputs.get(i))))).containsExactly(names.get(i));
        }
        assertThat(ids(allNamed(), pieces(inspect(allNamed())))).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void anExpressionThatDoesNotFitIsRefusedByTheInspection() {
        Input input = made();
        Job wrong = over(input).id("no_such_column").build();

        assertThatThrownBy(() -> sources().inspect(wrong, MODEL))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("source.id: \"no_such_column\" is neither a column");
    }
}
