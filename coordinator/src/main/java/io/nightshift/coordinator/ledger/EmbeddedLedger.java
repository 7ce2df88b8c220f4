package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.function.Function;

/// The ledger of a single process: an H2 file in the home folder, held by one process at a time.
///
/// H2's own file lock would refuse a second process too, but can't say who holds the file. Every
/// commit is written to the file before it is acknowledged (`WRITE_DELAY=0`; H2's default keeps up
/// to half a second in memory, which a kill loses).
public final class EmbeddedLedger implements AutoCloseable {

    /// A table that is made after all others, so it tells that they are there.
    private static final String COMPLETE = "LEDGER_SCHEMA";

    /// That of the tables as they are made here; a later version may raise it.
    private static final int SCHEMA = 1;

    private final Ledger ledger;
    private final FileChannel lockFile;
    private final Connection keepOpen;

    private EmbeddedLedger(Ledger ledger, FileChannel lockFile, Connection keepOpen) {
        this.ledger = ledger;
        this.lockFile = lockFile;
        this.keepOpen = keepOpen;
    }

    /// Whether a home folder has a ledger.
    public static boolean exists(Path home) {
        return Files.exists(home.resolve("ledger").resolve("ledger.mv.db"));
    }

    /// Opens the ledger of a home folder, and makes it if it isn't there.
    ///
    /// @throws FailureException if another process holds it, or it can't be opened
    public static EmbeddedLedger open(Path home) {
        Path folder = home.resolve("ledger");
        if (folder.toAbsolutePath().toString().contains(";")) {
            throw FailureException.permanent(
                    "the ledger can't be in %s, since its path holds a ';'. Choose another folder with --home"
                            .formatted(folder));
        }
        FileChannel lockFile = lock(home, folder);
        try {
            Ledger ledger = new Ledger(url(folder), "nightshift", "");
            Connection connection = ledger.connect();
            makeSchema(connection);
            requireKnownSchema(connection, folder);
            return new EmbeddedLedger(ledger, lockFile, connection);
        } catch (SQLException e) {
            close(lockFile);
            throw FailureException.permanent("the ledger in %s can't be opened: %s".formatted(folder, e.getMessage()));
        } catch (FailureException e) {
            close(lockFile);
            throw e;
        }
    }

    public Ledger ledger() {
        return ledger;
    }

    /// Reads the ledger of a home folder and changes nothing there.
    ///
    /// @return nothing if there is none, or another process holds it
    /// @throws FailureException if it can't be read
    public static <T> Optional<T> readIfFree(Path home, Function<Ledger, T> reader) {
        Path folder = home.resolve("ledger");
        if (!exists(home)) {
            return Optional.empty();
        }
        try (FileChannel lockFile = FileChannel.open(folder.resolve("lock"), StandardOpenOption.READ);
                FileLock lock = lockFile.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null
                    ? Optional.empty()
                    : Optional.of(reader.apply(new Ledger(url(folder) + ";ACCESS_MODE_DATA=r", "nightshift", "")));
        } catch (IOException | OverlappingFileLockException e) {
            return Optional.empty();
        }
    }

    private static String url(Path folder) {
        String file = folder.resolve("ledger").toAbsolutePath().toString();
        return "jdbc:h2:file:" + file + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0";
    }

    /// A crash while it was made leaves a part of it and no entry; then it is made again.
    private static void makeSchema(Connection connection) throws SQLException {
        if (exists(connection, COMPLETE)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            if (!exists(connection, "event_journal") || isEmpty(statement)) {
                statement.execute("DROP ALL OBJECTS");
                statement.execute("RUNSCRIPT FROM 'classpath:schema/h2/h2-create-schema.sql'");
            }
            statement.execute("CREATE TABLE %s AS SELECT %d AS version".formatted(COMPLETE, SCHEMA));
        }
    }

    private static void requireKnownSchema(Connection connection, Path folder) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT MAX(version) FROM " + COMPLETE)) {
            if (row.next() && row.getInt(1) > SCHEMA) {
                connection.close();
                throw FailureException.permanent(
                        "the ledger in %s was made by a newer version of Nightshift. Use that version, or the copy of the folder from before the upgrade"
                                .formatted(folder));
            }
        }
    }

    private static boolean exists(Connection connection, String table) throws SQLException {
        try (ResultSet tables = connection.getMetaData().getTables(null, "PUBLIC", table, null)) {
            return tables.next();
        }
    }

    private static boolean isEmpty(Statement statement) throws SQLException {
        try (ResultSet entries = statement.executeQuery("SELECT 1 FROM \"event_journal\" LIMIT 1")) {
            return !entries.next();
        }
    }

    private static FileChannel lock(Path home, Path folder) {
        Path file = folder.resolve("lock");
        try {
            Files.createDirectories(folder);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!tryLock(channel)) {
                close(channel);
                String holder = Files.readString(file).strip();
                throw FailureException.permanent(
                        "another process (%s) is using %s. Wait for it, stop it, or choose another folder with --home"
                                .formatted(holder.isEmpty() ? "unknown" : holder, home));
            }
            channel.truncate(0);
            String holder = "process " + ProcessHandle.current().pid();
            channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)));
            return channel;
        } catch (AccessDeniedException e) {
            throw FailureException.permanent(
                    "no right to write %s. Choose another folder with --home".formatted(e.getFile()));
        } catch (IOException e) {
            throw FailureException.permanent("the folder %s can't be used: %s".formatted(folder, e));
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            keepOpen.close();
        } catch (SQLException e) {
            throw FailureException.permanent("the ledger can't be closed: " + e.getMessage());
        } finally {
            close(lockFile);
        }
    }
}
