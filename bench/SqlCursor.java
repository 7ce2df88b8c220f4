import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Locale;

/// Reads a table by one JDBC cursor, as a program would that has nothing but the driver, and prints rows and
/// seconds. For `bench/sql-source.sh`: `java -cp LIBRARIES SqlCursor.java URL USER QUERY`.
final class SqlCursor {

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], "")) {
            connection.setAutoCommit(false);
            // Once to warm up, once to measure.
            for (int i = 0; i < 2; i++) {
                long begin = System.nanoTime();
                long rows = 0;
                long sum = 0;
                try (Statement statement = connection.createStatement()) {
                    statement.setFetchSize(10_000);
                    try (ResultSet result = statement.executeQuery(arguments[2])) {
                        int columns = result.getMetaData().getColumnCount();
                        while (result.next()) {
                            for (int column = 1; column <= columns; column++) {
                                sum += String.valueOf(result.getObject(column)).length();
                            }
                            rows++;
                        }
                    }
                }
                if (i == 1) {
                    System.out.printf(
                            Locale.ROOT, "%d %.3f %d%n", rows, (System.nanoTime() - begin) / 1e9, sum);
                }
            }
        }
    }
}
