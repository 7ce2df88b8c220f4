package io.nightshift.storage.source.sql;

import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DatabaseInput.Engine;
import io.nightshift.protocol.job.Input;
import io.nightshift.storage.Sources;
import io.nightshift.storage.source.SourceContract;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

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
