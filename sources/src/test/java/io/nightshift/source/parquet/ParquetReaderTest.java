package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParquetReaderTest extends ParquetReaderFixture {

    @Nested
    class SourceFiles {

        /// The sibling is refused by DuckDB, too.
        @Test
        void oneFileThatJobsMayReadIsReadAndNoOther() {
            Path file = node.parquet("in/a.parquet", ROWS);
            Path sibling = node.parquet("in/b.parquet", ROWS);
            FileRoots roots = FileRoots.only(List.of(file), List.of());
            try (DuckDb limited = DuckDb.open(64L << 20, folder.resolve("spill"), roots)) {
                inspector = new ParquetReader(
                        () -> limited, new io.nightshift.source.files.SourceFiles(FileRoots.UNRESTRICTED));

                assertThat(inspect(TestJobBuilder.over(file).build())).hasSize(1);
                assertRefused(
                        TestJobBuilder.over(sibling).build(),
                        sibling + " is outside the folders that jobs may use on this node");
            }
        }

        @Test
        void filesAreCountedInOrderByRowGroup() {
            Path second = node.parquet("in/b.parquet", ROWS);
            Path first = node.parquet("in/a.parquet", ROWS, ", ROW_GROUP_SIZE 2048");

            List<InspectedFile> files = inspect(TestJobBuilder.over(folder).build());

            assertThat(files)
                    .extracting(file -> file.file().path())
                    .containsExactly(first.toString(), second.toString());
            assertThat(files.getFirst().rowGroups()).containsExactly(2048L, 2048L, 904L);
            assertThat(files.getLast().rowGroups()).containsExactly(5000L);
            SourceFile pinned = files.getFirst().file();
            SourceFile expected = node.pin(first);
            assertThat(pinned)
                    .isEqualTo(new SourceFile(
                            expected.path(),
                            expected.bytes(),
                            expected.modified(),
                            expected.rows(),
                            expected.tag(),
                            pinned.schema()));
            assertThat(files.getLast().file().schema())
                    .as("the files have the same columns")
                    .isNotNull()
                    .isEqualTo(pinned.schema());
        }

        @Test
        void namesOfFilesMayHoldWhatMeansSomethingInAGlobOrInSql() {
            node.parquet("in/a1.parquet", "SELECT 'not a number' AS f0");
            node.parquet("in/ax.parquet", "SELECT 'not a number' AS f0");
            for (String name :
                    List.of("a[1].parquet", "a?.parquet", "a*.parquet", "it's \"a\".parquet", "ü 日.parquet")) {
                Path file = node.parquet("in/" + name, "SELECT 1 AS f0, 2 AS b");
                assertThat(inspect(TestJobBuilder.over(file).build()))
                        .singleElement()
                        .satisfies(
                                inspected -> assertThat(inspected.file().path()).isEqualTo(file.toString()));
            }
        }

        @Test
        void aFileWithoutRowsAmongOthersIsInspectedToo() {
            node.parquet("in/a.parquet", "SELECT 1 AS f0 WHERE false");
            node.parquet("in/b.parquet", "SELECT 1 AS f0");
            List<InspectedFile> files = inspect(TestJobBuilder.over(folder).build());
            assertThat(files).extracting(InspectedFile::rowGroups).containsExactly(List.of(), List.of(1L));
        }

        @Test
        void theIdentityOfASourceChangesWithItsFiles() throws IOException {
            Path file = node.parquet("in/a.parquet", ROWS);
            Job job = TestJobBuilder.over(folder).build();
            String before = SourcePins.identity(inspect(job));
            assertThat(before).hasSize(64).isEqualTo(SourcePins.identity(inspect(job)));

            Files.setLastModifiedTime(file, FileTime.fromMillis(1));
            String touched = SourcePins.identity(inspect(job));
            node.parquet("in/b.parquet", ROWS);

            assertThat(touched).isNotEqualTo(before).isNotEqualTo(SourcePins.identity(inspect(job)));
        }

        @Test
        void aSourceWithoutASingleRowIsRefusedIfTheJobSaysSo() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0 WHERE false");
            assertMissing(
                    TestJobBuilder.over(file).failsIfEmpty().build(),
                    "source: there is not a single row in " + file,
                    "source.on-empty: fail");
            node.parquet("in/b.parquet", "SELECT 1 AS f0 WHERE false");
            assertMissing(
                    TestJobBuilder.over(folder).failsIfEmpty().build(), "source: there is not a single row in 2 files");
            assertThat(inspect(TestJobBuilder.over(folder).build()))
                    .extracting(found -> found.file().rows())
                    .containsExactly(0L, 0L);
        }

        @Test
        void aFolderThatIsNotThereIsRefusedByName() {
            Path none = folder.resolve("none");
            assertThatThrownBy(() -> inspect(TestJobBuilder.over(none).build()))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().resource())
                                    .isEqualTo(new FailedResource(FailedResource.Type.INPUT, none.toString())))
                    .hasMessage("source: there is no file " + none);
        }
    }

    @Nested
    class Names {

        @Test
        void aFolderNamedLikeAColumnDoesNotTakeTheColumnsPlace() {
            Path file = node.parquet("in/f0=seven/a.parquet", "SELECT 3 AS f0");
            assertThat(inspect(TestJobBuilder.over(file).build())).hasSize(1);
            assertRefused(TestJobBuilder.over(file).features("seven").build(), "\"seven\" is neither a column of");
        }

        @Test
        void aComputedColumnTakesThePlaceOfAFoldersName() {
            Path file = node.parquet("in/dt=2026-01-01/a.parquet", "SELECT 3 AS f0");
            assertThat(inspect(TestJobBuilder.over(file)
                            .select("dt", "'2026-01-01'")
                            .output("dt")
                            .build()))
                    .hasSize(1);
        }

        @Test
        void aMisspeltNameInAnExpressionIsRefusedWithTheNearestColumn() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0, 2 AS dep_delay, [1] AS l");
            assertRefused(
                    TestJobBuilder.over(file).where("dep_dely > 3").build(),
                    "source.where: «dep_dely > 3» over «" + file
                            + "»: there is no column \"dep_dely\"; did you mean \"dep_delay\"?");
            assertRefused(
                    TestJobBuilder.over(file).where("other > 3").build(),
                    "there is no column \"other\"; it has f0, dep_delay, l");
            assertRefused(
                    TestJobBuilder.over(file)
                            .select("late", "f0 > 1")
                            .where("Late")
                            .build(),
                    "\"late\" is a key of source.select, and an expression sees only the file's own columns; write the expression of \"late\" here");
            assertThat(inspect(TestJobBuilder.over(file)
                            .where("len(list_filter(l, lambda x: x > 0)) = 1")
                            .build()))
                    .hasSize(1);
        }

        @Test
        void anOutputColumnThatIsAlsoComputedIsRefused() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0, 'basic' AS plan, 7 AS Hour");
            assertRefused(
                    TestJobBuilder.over(file)
                            .select("plan", "len(plan)")
                            .output("plan")
                            .build(),
                    "output.columns: \"plan\" is a key of source.select and also a column of " + file,
                    "for example plan_source: \"plan\"");
            assertRefused(
                    TestJobBuilder.over(file)
                            .select("hour", "f0")
                            .output("Hour")
                            .build(),
                    "output.columns: \"Hour\" is a key of source.select and also a column of");
            assertThat(inspect(TestJobBuilder.over(file)
                            .select("plan", "len(plan)")
                            .select("plan_source", "plan")
                            .output("plan_source")
                            .build()))
                    .hasSize(1);
            assertThat(inspect(TestJobBuilder.over(file)
                            .select("plan", "plan")
                            .output("plan")
                            .build()))
                    .hasSize(1);
        }

        @Test
        void featuresOfAnotherNumberAreRefusedWithTheirNames() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS a, 2 AS b");
            ModelDescription model =
                    TestModels.of(TestModels.number("a"), TestModels.number("b"), TestModels.number("c"));
            assertRefused(
                    TestJobBuilder.over(file).features("a", "hour").build(),
                    model,
                    "features: the job lists 2, the model has 3. The job does not list b, c. The model has no feature named hour. List one for each feature, in the model's order: a, b, c");
            assertRefused(
                    TestJobBuilder.over(file).features("a", "b", "c", "a + 1").build(),
                    model,
                    "features: the job lists 4, the model has 3. The model has no feature named a + 1. List one");
        }

        @Test
        void aFeatureThatTheSourceLacksIsRefusedWithTheNearestName() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS distanze, 2 AS b");
            ModelDescription model = TestModels.of(TestModels.number("distance"));
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    model,
                    "the model's feature: \"distance\" is neither a column of " + file,
                    "did you mean \"distanze\"?");
            assertRefused(
                    TestJobBuilder.over(file).features("distnaze").build(),
                    model,
                    "features: \"distnaze\" is neither a column of " + file,
                    "did you mean \"distanze\"?");
            assertRefused(TestJobBuilder.over(file).features("other").build(), model, "it has distanze, b");
        }

        @Test
        void allFeaturesThatTheSourceLacksAreNamed() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS distanze, 2 AS b");
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    TestModels.of(TestModels.number("distance"), TestModels.number("b"), TestModels.number("month")),
                    "the model's features: distance (did you mean distanze?), month are neither columns of " + file,
                    "nor keys of source.select; it has distanze, b");
        }

        @Test
        void namesOfColumnsAreTakenAsTheFileSpellsThem() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0, 2 AS Id");
            assertRefused(
                    TestJobBuilder.over(file).id("id").build(),
                    "source.id: \"id\" is neither a column of " + file,
                    "did you mean \"Id\"?");
            assertRefused(
                    TestJobBuilder.over(file).output("ID").build(),
                    "output.columns: \"ID\" is neither a column of " + file,
                    "did you mean \"Id\"?");
            assertRefused(
                    TestJobBuilder.over(file).features("F0").build(),
                    "features: \"F0\" is neither a column of " + file,
                    "did you mean \"f0\"?");
            assertThat(inspect(TestJobBuilder.over(file).features("F0 + ID").build()))
                    .hasSize(1);
        }

        @Test
        void aModelThatDoesNotNameItsFeaturesNeedsAsManyAsItHas() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS a, 2 AS b");
            ModelFeature unnamed = new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT32), true);
            ModelDescription model = TestModels.of(unnamed, unnamed);
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    model,
                    "features: the model does not name its 2 features; list them here, in the model's order");
            assertRefused(
                    TestJobBuilder.over(file).features("a").build(),
                    model,
                    "features: the job lists 1, the model has 2");
            assertRefused(
                    TestJobBuilder.over(file).features("a", "b", "a").build(),
                    model,
                    "features: the job lists 3, the model has 2");
            assertThat(inspector.inspect(
                            TestJobBuilder.over(file).features("b", "a + 1").build(), model))
                    .hasSize(1);
        }

        @Test
        void oddNamesOfColumnsWorkUnquotedWhereANameIsMeant() {
            Path file = node.parquet(
                    "in/a.parquet", "SELECT 1 AS \"select\", 2 AS \"a \"\"b\"\" c\", 3 AS \"größe 日\", 4 AS \"1st\"");
            Job job = TestJobBuilder.over(file)
                    .id("a \"b\" c")
                    .features("select")
                    .output("größe 日", "1st")
                    .build();
            assertThat(inspect(job)).hasSize(1);
        }

        @Test
        void aSelectKeyTakesThePlaceOfTheColumnButExpressionsSeeTheColumn() {
            Path file = node.parquet("in/a.parquet", "SELECT 'text' AS f0");
            assertThat(inspect(TestJobBuilder.over(file).select("f0", "len(f0)").build()))
                    .hasSize(1);
        }

        @Test
        void anExpressionDoesNotSeeOtherSelectKeys() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0");
            assertRefused(
                    TestJobBuilder.over(file)
                            .select("twice", "f0 * 2")
                            .select("fourfold", "twice * 2")
                            .build(),
                    "source.select.fourfold: «twice * 2» over «" + file + "»",
                    "twice");
        }

        @Test
        void aColumnWithTheNameOfTheRowCounterIsRefused() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0, 2 AS file_row_number");
            assertRefused(TestJobBuilder.over(file).build(), "source: " + file + " has a column \"file_row_number\"");
        }

        @Test
        void columnsThatDifferOnlyInCaseAreDistinguished() {
            Path file = node.parquet("in/a.parquet", "SELECT 1 AS f0, 'x' AS F0");
            assertThat(inspect(TestJobBuilder.over(file).output("F0_1").build()))
                    .hasSize(1);
        }
    }

    @Nested
    class Types {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "CAST(1 AS VARCHAR)|VARCHAR",
                    "TIMESTAMP '2026-01-01'|TIMESTAMP",
                    "DATE '2026-01-01'|DATE",
                    "[1]|INTEGER[]",
                    "{'a': 1}|STRUCT(a INTEGER)",
                    "'\\x00'::BLOB|BLOB",
                    "uuid()|UUID"
                })
        void aColumnOfATypeThatIsNoNumberIsRefused(String value, String type) {
            Path file = node.parquet("in/a.parquet", "SELECT " + value + " AS f0");
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    file + ": f0 is " + type + ", but the model's feature \"f0\" wants a number");
        }

        @Test
        void aLaterFileWithATypeThatDoesNotFitIsRefusedWithBothFiles() {
            Path good = node.parquet("in/a.parquet", "SELECT 1 AS f0, 1 AS id, 'x' AS more");
            Path text = node.parquet("in/c.parquet", "SELECT 'a' AS f0, 1 AS id, 'x' AS more");
            assertRefused(
                    TestJobBuilder.over(good, text).build(),
                    text + ": f0 is VARCHAR",
                    "f0 is INTEGER in " + good + " and VARCHAR in " + text + ", and no type holds both");
            Path otherId = node.parquet("in/d.parquet", "SELECT 1 AS f0, 'a' AS id, 'x' AS more");
            assertRefused(
                    TestJobBuilder.over(good, otherId).id("id").build(),
                    "source.id: id is VARCHAR in " + otherId + ", but INTEGER in " + good);
            Path otherMore = node.parquet("in/e.parquet", "SELECT 1 AS f0, 1 AS id, 5 AS more");
            assertRefused(
                    TestJobBuilder.over(good, otherMore).output("more").build(),
                    "output.columns: more is INTEGER in " + otherMore + ", but VARCHAR in " + good);
        }

        @Test
        void anotherNumericTypeOfAFeatureInALaterFileIsFine() {
            node.parquet("in/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/b.parquet", "SELECT 1.5::DOUBLE AS f0");
            assertThat(inspect(TestJobBuilder.over(folder).build())).hasSize(2);
        }
    }

    @Nested
    class Categories {

        @Test
        void aTextColumnFeedsACategoryWhoseNamesTheModelOrTheJobHas() {
            Path file = node.parquet("in/a.parquet", "SELECT 'basic' AS plan, 2 AS code");
            ModelDescription named = TestModels.of(TestModels.category("plan", "basic", "plus"));
            ModelDescription coded = TestModels.of(TestModels.codes("plan", 0, 1));
            ModelDescription number = TestModels.of(TestModels.number("plan"));
            String[] plans = {"basic", "plus"};

            assertThat(inspector.inspect(TestJobBuilder.over(file).build(), named))
                    .hasSize(1);
            assertThat(inspector.inspect(
                            TestJobBuilder.over(file).categories("plan", plans).build(), named))
                    .hasSize(1);
            assertThat(inspector.inspect(
                            TestJobBuilder.over(file).categories("plan", plans).build(), coded))
                    .hasSize(1);
            assertThat(inspector.inspect(
                            TestJobBuilder.over(file).categories("plan", plans).build(), number))
                    .hasSize(1);
            assertThat(inspector.inspect(
                            TestJobBuilder.over(file).features("code").build(), coded))
                    .hasSize(1);
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    coded,
                    "plan is VARCHAR, but the model file has only the numbers of the categories of \"plan\"; list the categories in the order of these numbers, from 0: categories: {plan: [...]}");
            assertRefused(
                    TestJobBuilder.over(file).build(),
                    number,
                    "plan is VARCHAR, but the model's feature \"plan\" wants a number");
        }

        @Test
        void allFeaturesThatDoNotFitAreNamedAtOnce() {
            Path file = node.parquet(
                    "in/a.parquet", "SELECT 'basic' AS plan, 'x' AS shop, DATE '2026-01-01' AS day, 'z' AS n");
            ModelDescription model = TestModels.of(
                    TestModels.codes("plan", 0, 1),
                    TestModels.number("day"),
                    TestModels.codes("shop", 0, 1),
                    TestModels.number("n"));

            assertRefused(
                    TestJobBuilder.over(file).build(),
                    model,
                    ": plan, shop are texts, but the model file has only the numbers of the categories of these features; list the categories in the order of these numbers, from 0: categories: {plan: [...], shop: [...]}",
                    "day is DATE, but the model's feature \"day\" wants a number; convert it under source.select",
                    "n is VARCHAR, but the model's feature \"n\" wants a number");
        }

        @Test
        void categoriesThatAreNotTheModelsAreRefused() {
            Path file = node.parquet("in/a.parquet", "SELECT 'basic' AS plan");
            ModelDescription named = TestModels.of(TestModels.category("plan", "basic", "plus"));
            ModelDescription levels = TestModels.of(TestModels.level("plan", true, "basic", "plus"));
            for (ModelDescription model : List.of(named, levels)) {
                assertRefused(
                        TestJobBuilder.over(file)
                                .categories("plan", "plus", "basic")
                                .build(),
                        model,
                        "categories.plan: the model has the categories basic, plus; leave the key out");
            }
            assertRefused(
                    TestJobBuilder.over(file).categories("paln", "basic").build(),
                    named,
                    "categories: the model has no feature \"paln\"; did you mean \"plan\"?");
        }

        @Test
        void aModelWithoutNamesHasItsCategoriesByTheJobsFeatures() {
            Path file = node.parquet("in/a.parquet", "SELECT 'basic' AS plan");
            ModelFeature unnamed =
                    new ModelFeature(null, new FeatureType.Categorical(Precision.FLOAT32, List.of(), List.of()), true);
            assertThat(inspector.inspect(
                            TestJobBuilder.over(file)
                                    .features("lower(plan)")
                                    .categories("lower(plan)", "basic")
                                    .build(),
                            TestModels.of(unnamed)))
                    .hasSize(1);
        }

        @Test
        void aLevelMayBeTextOrAWholeNumber() {
            ModelDescription model = TestModels.of(TestModels.level("f0", true, "1", "2"));
            node.parquet("in/a.parquet", "SELECT '1' AS f0");
            node.parquet("in/b.parquet", "SELECT 2 AS f0");
            assertThat(inspector.inspect(TestJobBuilder.over(folder).build(), model))
                    .hasSize(2);
            Path file = node.parquet("in/c.parquet", "SELECT 1.5::DOUBLE AS f0");
            assertRefused(
                    TestJobBuilder.over(folder).build(),
                    model,
                    file + ": f0 is DOUBLE, but the model's feature \"f0\" wants a level");
        }
    }
}
