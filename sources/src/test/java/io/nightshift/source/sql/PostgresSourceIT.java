package io.nightshift.source.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DatabaseInput.Engine;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceContract;
import io.nightshift.source.SourceInspector;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract of sources with tables and queries of a real PostgreSQL.
class PostgresSourceIT {

    /// A table with rows so wide that they take several pages.
    abstract static class Contract extends SourceContract {

        private final @Nullable String key;
        protected String database = "";

        Contract(@Nullable String key) {
            this.key = key;
        }

        @BeforeEach
        void create() throws Exception {
            database = Databases.postgres().create();
        }

        protected Input table(String name) {
            return table(name, key);
        }

        protected static Input table(String name, @Nullable String key) {
            return new DatabaseInput(Engine.POSTGRESQL, "db", name, null, key, null);
        }

        @Override
        protected Input rows(String query) {
            Databases.postgres(database, """
                    CREATE TABLE "the rows" (id text PRIMARY KEY, f0 float8, padding text);
                    ALTER TABLE "the rows" ALTER padding SET STORAGE PLAIN;
                    INSERT INTO "the rows" VALUES %s""".formatted(Databases.values(data, query, "repeat('x', 2000)")));
            return table("the rows");
        }

        @Override
        protected @Nullable CloseIds closeIds() {
            Databases.postgres(
                    database,
                    "CREATE TABLE close (id numeric PRIMARY KEY, f0 float8);INSERT INTO close VALUES (9007199254740993, 1), (9007199254740992, 2), (1.5, 3)");
            return new CloseIds(
                    new DatabaseInput(Engine.POSTGRESQL, "db", "close", null, null, null),
                    "source.id: \"id\" is numeric of no precision or of more than 38 digits");
        }

        @Override
        protected List<Input> aliases(Input input) {
            return List.of(table("public.the rows"));
        }

        @Override
        protected void change() {
            Databases.postgres(database, "UPDATE \"the rows\" SET f0 = f0 + 1 WHERE id = 'r17'");
        }

        @Override
        protected void remove() {
            Databases.postgres(database, "DELETE FROM \"the rows\"");
        }

        @Override
        protected Sources sources() {
            return Databases.sources(data, Databases.postgres().url(database), "postgres", null);
        }
    }

    @Nested
    class ByPages extends Contract {
        ByPages() {
            super(null);
        }
    }

    @Nested
    class ByKey extends Contract {
        ByKey() {
            super("id");
        }
    }

    /// The feature is in another table.
    @Nested
    class WithALookup extends Contract {
        WithALookup() {
            super("id");
        }

        @Override
        protected Input rows(String query) {
            Input input = super.rows(query);
            Databases.postgres(
                    database,
                    "CREATE TABLE numbers (name text, number float8);"
                            + "INSERT INTO numbers SELECT 'r' || i, i FROM generate_series(0, 300) i;"
                            + "INSERT INTO numbers VALUES (NULL, 1), (NULL, 2)");
            return input;
        }

        @Override
        protected @Nullable CloseIds closeIds() {
            return null;
        }

        @Override
        protected TestJobBuilder over(Input input) {
            return TestJobBuilder.over(input)
                    .join(new Lookup(table("numbers", null), Map.of("id", "name"), Map.of("n", "number"), true))
                    .output("n");
        }

        @Test
        void aChangeOfTheLookupIsFoundWhenItIsLoaded() {
            Job job = over(rows("SELECT 'r' || i AS id, 1.5 AS f0 FROM range(30) t(i)"))
                    .features("n")
                    .build();
            ModelDescription model = TestModels.ofNumbers(1);
            List<SourceFile> planned = sources().inspect(job, model).stream()
                    .map(SourceInspector.InspectedFile::file)
                    .toList();
            Databases.postgres(database, "UPDATE numbers SET number = 7 WHERE name = 'r3'");
            SourceReader reader = sources().of(job.source());

            assertThat(SourcePins.change(planned, sources().pins(job))).isPresent();
            assertThatThrownBy(() ->
                            reader.hold(PartitionPlan.of(30).index(planned).slices(0)))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining(
                            "the rows changed after the batch was planned: postgres://db/public.numbers/");
        }
    }

    @Nested
    class OfAQuery extends Contract {
        OfAQuery() {
            super("id");
        }

        @Override
        protected Input table(String name) {
            return new DatabaseInput(
                    Engine.POSTGRESQL, "db", null, "SELECT id, f0 FROM \"the rows\" -- all", "id", "f0 IS NOT NULL");
        }

        @Override
        protected List<Input> aliases(Input input) {
            return List.of();
        }
    }
}
