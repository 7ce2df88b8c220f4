package io.nightshift.coordinator.ledger;

import io.nightshift.api.LedgerExport;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.api.ErrorCode;
import org.jspecify.annotations.Nullable;

/// The journal of a single process: an H2 file in the home folder. One process at a time can use it.
///
/// A lock file of our own refuses a second process, because H2's lock can't say which process holds the file.
/// H2 writes every commit to the file before it acknowledges the commit (`WRITE_DELAY=0`); by default it
/// keeps up to half a second in memory. [ForcedFilePath] forces each write to the disk. So H2 may soon use the
/// space of data again that is not needed any more (`RETENTION_TIME=1000`, in ms); by default it waits 45 seconds
/// for a disk that has delayed its writes. [LedgerCompaction] frees more space while the ledger is open.
///
/// A new ledger is created under another name and renamed when it is complete and on the disk. So a ledger
/// file always has its tables.
public final class EmbeddedLedger implements AutoCloseable {

    private static final String VERSION_TABLE = "LEDGER_SCHEMA";
    private static final String ARCHIVE =
            "RUNSCRIPT FROM 'classpath:io/nightshift/coordinator/ledger/embedded/archive.sql'";
    private static final String USER = "nightshift";
    private static final String SUFFIX = ".mv.db";

    /// The interval at which a waiting process tries to get the lock.
    private static final Duration POLL = Duration.ofMillis(200);

    private static final int LONGEST_COMMAND = 200;
    private static final Pattern PROCESS = Pattern.compile("process (\\d{1,18}) ");

    /// H2's file system that opens a file again if it was closed. Java closes a file when a thread is
    /// interrupted while it reads or writes it, and the whole ledger would be unusable.
    private static final String RETRY = "retry:";

    /// The pages of the file that H2 keeps in memory. By default, H2 takes a sixteenth of the heap, and fills
    /// it from a long history; the operating system keeps the file's pages, too.
    private static final int CACHE_KIB = 2_048;

    /// The version of the tables' schema. A later release may raise it.
    private static final int SCHEMA = 1;

    private final Path home;
    private final Ledger ledger;
    private final FileChannel lockFile;
    private final Connection keepOpen;
    private @Nullable LedgerCompaction compaction;

    private EmbeddedLedger(Path home, Ledger ledger, FileChannel lockFile, Connection keepOpen) {
        this.home = home;
        this.ledger = ledger;
        this.lockFile = lockFile;
        this.keepOpen = keepOpen;
    }

    /// Whether a home folder has a journal.
    public static boolean exists(Path home) {
        return Files.exists(file(home.resolve("ledger")));
    }

    private static Path file(Path folder) {
        return folder.resolve("ledger" + SUFFIX);
    }

    /// Opens the journal of a home folder, and creates it if it doesn't exist.
    ///
    /// @throws FailureException if another process uses the home folder, or the journal can't be opened
    public static EmbeddedLedger open(Path home) {
        return open(home, "Stop it");
    }

    /// Opens the journal of a home folder, as [#open(Path)].
    ///
    /// @param besideServer what to do if a server uses the home folder, such as `Stop it`; the message adds that
    ///     another folder helps, too
    public static EmbeddedLedger open(Path home, String besideServer) {
        return open(home, besideServer, holder -> {
            throw FailureException.permanent(
                    "%s is using %s. Wait for it (`nightshift run` does with --wait), stop it, or choose another folder with --home"
                            .formatted(holder, home));
        });
    }

    private static boolean isServer(String holder) {
        return holder.contains("(nightshift serve");
    }

    /// Opens the journal of a home folder as soon as no other process uses it.
    ///
    /// @param besideServer what to do if a server uses the folder
    /// @param waiting called with a description of the process that uses the folder, once for each such
    ///     process. If it throws an exception, this method does too
    /// @throws FailureException if the journal can't be opened, or a server uses the folder, which does not
    ///     end by itself
    public static EmbeddedLedger open(Path home, String besideServer, Consumer<String> waiting) {
        return open(home, waitingBeside(home, besideServer, waiting), RETRY);
    }

    /// Does not wait for a server, which ends only when somebody ends it.
    private static Consumer<String> waitingBeside(Path home, String besideServer, Consumer<String> waiting) {
        return holder -> {
            if (isServer(holder)) {
                throw FailureException.permanent(
                        "%s serves %s. %s, or choose another folder with --home".formatted(holder, home, besideServer));
            }
            waiting.accept(holder);
        };
    }

    /// @param fileSystem the prefix of an H2 file system below the one that forces, such as `nio:`
    static EmbeddedLedger open(Path home, Consumer<String> waiting, String fileSystem) {
        Path folder = home.resolve("ledger");
        if (folder.toAbsolutePath().toString().contains(";")) {
            throw FailureException.permanent(
                    "the ledger can't be stored in %s, because its path contains a ';'. Choose another folder with --home"
                            .formatted(folder));
        }
        FileChannel lockFile = lock(home, waiting);
        try {
            Optional<HomeIdentity> identity = HomeIdentity.read(home);
            if (exists(home)) {
                requireContent(home);
            } else if (identity.isEmpty()) {
                create(folder, UUID.randomUUID().toString(), ledger -> ledger);
            } else {
                throw HomeIdentity.lost(home, "is gone: there is no file " + file(folder));
            }
            ForcedFilePath.register();
            Ledger ledger = new Ledger(url(folder, ForcedFilePath.SCHEME + ":" + fileSystem), USER, "");
            EmbeddedLedger opened = new EmbeddedLedger(home, ledger, lockFile, ledger.connect());
            opened.check(identity);
            opened.createArchive();
            opened.compaction = LedgerCompaction.start(opened.keepOpen);
            return opened;
        } catch (SQLException | IOException e) {
            close(lockFile);
            throw unusable(home, e);
        } catch (FailureException e) {
            close(lockFile);
            throw e;
        }
    }

    public Ledger ledger() {
        return ledger;
    }

    LedgerCompaction compaction() {
        return Objects.requireNonNull(compaction);
    }

    /// H2 takes an empty file for a new database.
    private static void requireContent(Path home) throws IOException {
        Path file = file(home.resolve("ledger"));
        if (Files.size(file) == 0) {
            throw HomeIdentity.lost(home, "is empty: the file %s has no bytes".formatted(file));
        }
    }

    /// An earlier version may have created the ledger.
    private void createArchive() throws SQLException {
        try (Statement statement = keepOpen.createStatement()) {
            statement.execute(ARCHIVE);
        } catch (SQLException e) {
            keepOpen.close();
            throw e;
        }
    }

    /// Checks that this is the whole ledger of its home. Closes the connection if it isn't.
    private void check(Optional<HomeIdentity> identity) throws SQLException, IOException {
        try {
            Stored stored = stored();
            if (stored.version() > SCHEMA) {
                throw FailureException.permanent(
                        "the ledger in %s was written by a newer version of Nightshift. Use that version, or the copy of the folder from before the upgrade"
                                .formatted(home.resolve("ledger")));
            }
            if (identity.isPresent()) {
                identity.get().check(home, stored.ledger(), stored.entries());
            }
            HomeIdentity now = new HomeIdentity(stored.ledger(), stored.entries());
            if (!identity.equals(Optional.of(now))) {
                now.write(home);
            }
        } catch (FailureException | SQLException | IOException e) {
            keepOpen.close();
            throw e;
        }
    }

    /// @param version of the tables' schema
    /// @param ledger the ledger's ID
    /// @param entries that all batches and the register have
    private record Stored(int version, String ledger, long entries) {}

    private Stored stored() throws SQLException {
        String sql = "SELECT version, ledger, (SELECT MAX(\"ordering\") FROM \"event_journal\") FROM " + VERSION_TABLE;
        try (Statement statement = keepOpen.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            if (!row.next()) {
                throw HomeIdentity.lost(home, "has lost its identity");
            }
            // Without entries, it is null, which is read as 0.
            return new Stored(row.getInt(1), row.getString(2), row.getLong(3));
        } catch (SQLException e) {
            if (e.getErrorCode() == ErrorCode.TABLE_OR_VIEW_NOT_FOUND_1
                    || e.getErrorCode() == ErrorCode.TABLE_OR_VIEW_NOT_FOUND_DATABASE_EMPTY_1) {
                throw HomeIdentity.lost(home, "is empty: its file has no tables");
            }
            throw e;
        }
    }

    /// Records how many entries the ledger has now, so that the home notices if they are lost. H2 shows a commit
    /// to others before it has written it, so this writes what it has seen. Otherwise a process that ends now would
    /// leave a record of an entry that nobody was told of, and the home would refuse its own ledger.
    public void recordEntries() {
        try (Statement statement = keepOpen.createStatement()) {
            Stored stored = stored();
            statement.execute("CHECKPOINT");
            new HomeIdentity(stored.ledger(), stored.entries()).write(home);
        } catch (SQLException | IOException e) {
            throw unusable(home, e);
        }
    }

    private static FailureException unusable(Path home, Exception e) {
        boolean isDamaged = e instanceof SQLException problem && problem.getErrorCode() == ErrorCode.FILE_CORRUPTED_1;
        return isDamaged
                ? HomeIdentity.lost(home, "is damaged and can't be opened: " + e.getMessage())
                : FailureException.permanent(
                        "the ledger in %s can't be opened: %s".formatted(home.resolve("ledger"), e.getMessage()));
    }

    /// Reads the journal of a home folder without changing the folder.
    ///
    /// @param reader called with the ledger while this process holds the lock
    /// @return what the reader returned; empty if there is no journal, or another process uses it
    /// @throws FailureException if the journal can't be read
    public static <T> Optional<T> readIfFree(Path home, Function<Ledger, T> reader) {
        Path folder = home.resolve("ledger");
        if (!exists(home)) {
            return Optional.empty();
        }
        try (FileChannel lockFile = FileChannel.open(folder.resolve("lock"), StandardOpenOption.READ);
                FileLock lock = lockFile.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null
                    ? Optional.empty()
                    : Optional.of(reader.apply(new Ledger(url(folder, "file:") + ";ACCESS_MODE_DATA=r", USER, "")));
        } catch (IOException | OverlappingFileLockException e) {
            return Optional.empty();
        }
    }

    private static String url(Path folder, String fileSystem) {
        return url(fileSystem + folder.resolve("ledger").toAbsolutePath());
    }

    private static String url(String file) {
        return "jdbc:h2:" + file
                + ";WRITE_DELAY=0;RETENTION_TIME=1000;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;CACHE_SIZE="
                + CACHE_KIB;
    }

    /// Creates the ledger of a home folder from an export.
    ///
    /// @throws FailureException if the home folder has a ledger, or another process uses it, or the export
    ///     can't be read
    public static LedgerExport create(Path home, Path export) {
        Path folder = home.resolve("ledger");
        FileChannel lockFile = lock(home, holder -> {
            throw FailureException.permanent(
                    "%s is using %s. An import creates the ledger of a home folder that no process uses. Stop the process, or choose another folder with --home"
                            .formatted(holder, home));
        });
        try {
            if (exists(home)) {
                throw FailureException.permanent(
                        "%s has a ledger already. Move the folder %s away, and import again".formatted(home, folder));
            }
            String id = UUID.randomUUID().toString();
            LedgerExport summary = create(folder, id, ledger -> LedgerFile.read(ledger, export));
            new HomeIdentity(id, summary.entries()).write(home);
            return summary;
        } catch (SQLException | IOException e) {
            throw unusable(home, e);
        } finally {
            close(lockFile);
        }
    }

    private static <T> T create(Path folder, String id, Function<Ledger, T> fill) throws SQLException, IOException {
        Path name = folder.resolve("new");
        Path created = folder.resolve("new" + SUFFIX);
        Files.deleteIfExists(created);
        Ledger ledger = new Ledger(url("file:" + name.toAbsolutePath()), USER, "");
        T filled;
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("RUNSCRIPT FROM 'classpath:schema/h2/h2-create-schema.sql'");
            statement.execute(ARCHIVE);
            statement.execute(
                    "CREATE TABLE %s AS SELECT %d AS version, '%s' AS ledger".formatted(VERSION_TABLE, SCHEMA, id));
            filled = fill.apply(ledger);
        }
        try (FileChannel file = FileChannel.open(created, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(created, file(folder), StandardCopyOption.ATOMIC_MOVE);
        Folders.force(folder);
        return filled;
    }

    private static FileChannel lock(Path home, Consumer<String> waiting) {
        Path folder = home.resolve("ledger");
        Path file = folder.resolve("lock");
        try {
            Folders.make(folder);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                lock(channel, file, waiting);
            } catch (FailureException | IOException e) {
                close(channel);
                throw e;
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(thisProcess().getBytes(StandardCharsets.UTF_8)));
            return channel;
        } catch (AccessDeniedException e) {
            throw FailureException.permanent(
                    "this user has no permission to write %s. Choose another folder with --home"
                            .formatted(e.getFile()));
        } catch (IOException e) {
            throw FailureException.permanent("the folder %s can't be used: %s".formatted(folder, e));
        }
    }

    private static void lock(FileChannel channel, Path file, Consumer<String> waiting) throws IOException {
        String reported = "";
        while (!tryLock(channel)) {
            String holder = holder(Files.readString(file).strip());
            if (!holder.equals(reported)) {
                waiting.accept(holder);
                reported = holder;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /// A process that only reads, such as `plan`, holds the lock without writing to the file, so the text may
    /// be that of a process that has ended.
    private static String holder(String text) {
        Matcher process = PROCESS.matcher(text);
        boolean isAlive = process.lookingAt()
                && ProcessHandle.of(Long.parseLong(process.group(1))).isPresent();
        return isAlive ? text : "another process";
    }

    /// Describes this process for others that want the lock: `process 4711 (nightshift run job.yaml, since
    /// 2026-11-24T23:14:25Z)`.
    private static String thisProcess() {
        String command = System.getProperty("sun.java.command", "")
                .replaceFirst("^\\S*Main(?= |$)", "nightshift")
                .strip();
        return "process %d (%s, since %s)"
                .formatted(
                        ProcessHandle.current().pid(),
                        Failure.shortened(command, LONGEST_COMMAND),
                        Instant.now().truncatedTo(ChronoUnit.SECONDS));
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
        if (compaction != null) {
            compaction.close();
        }
        try {
            keepOpen.close();
        } catch (SQLException e) {
            throw FailureException.permanent("the ledger can't be closed: " + e.getMessage());
        } finally {
            close(lockFile);
        }
    }
}
