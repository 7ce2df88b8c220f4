package io.nightshift.source.sql;

import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DatabaseInput.Engine;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.SourceContract;
import io.nightshift.source.kinds.Sources;
import io.nightshift.testing.database.MariadbServer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/// The contract of sources with tables and queries of a real MariaDB.
class MariadbSourceIT {

    abstract static class Contract extends SourceContract {

        protected String database = "";

        @BeforeEach
        void create() throws Exception {
            database = MariadbServer.shared().create();
        }

        protected Input table(String name) {
            return new DatabaseInput(Engine.MARIADB, "db", name, null, null, null);
        }

        @Override
        protected Input rows(String query) {
            Databases.mariadb(
                    database,
                    "CREATE TABLE `the rows` (id varchar(20) PRIMARY KEY, f0 double);\nINSERT INTO `the rows` VALUES "
                            + Databases.values(data, query));
            return table("the rows");
        }

        @Override
        protected CloseIds closeIds() {
            Databases.mariadb(
                    database,
                    "CREATE TABLE close (id decimal(60, 2) PRIMARY KEY, f0 double);\nINSERT INTO close VALUES (9007199254740993, 1), (9007199254740992, 2), (1.5, 3)");
            return new CloseIds(
                    new DatabaseInput(Engine.MARIADB, "db", "close", null, null, null),
                    "source.id: \"id\" is decimal of no precision or of more than 38 digits");
        }

        @Override
        protected List<Input> aliases(Input input) {
            return List.of(table(database + ".the rows"));
        }

        @Override
        protected void change() {
            Databases.mariadb(database, "UPDATE `the rows` SET f0 = f0 + 1 WHERE id = 'r17'");
        }

        @Override
        protected void remove() {
            Databases.mariadb(database, "DELETE FROM `the rows`");
        }

        @Override
        protected Sources sources() {
            return Databases.sources(
                    data, MariadbServer.shared().url(database), MariadbServer.OWNER, MariadbServer.OWNER);
        }
    }

    @Nested
    class OfATable extends Contract {}

    @Nested
    class OfAQuery extends Contract {
        @Override
        protected Input table(String name) {
            return new DatabaseInput(
                    Engine.MARIADB, "db", null, "SELECT id, f0 FROM \"the rows\" -- all", "id", "f0 IS NOT NULL");
        }

        @Override
        protected List<Input> aliases(Input input) {
            return List.of();
        }
    }
}
