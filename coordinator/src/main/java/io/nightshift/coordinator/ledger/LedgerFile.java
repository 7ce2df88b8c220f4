package io.nightshift.coordinator.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.LedgerExport;
import io.nightshift.coordinator.batch.Batch;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.storage.filesystem.Folders;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Exports a journal to a file, and imports it into an empty one: from a home folder to another, from a home
/// folder to a cluster, or back.
///
/// The file has one JSON object a line. The first line names the format. Each further line is an entry as the
/// journal stores it, in the order in which the entries were written. The last line has the number of entries
/// and a SHA-256 over all lines before, so that a file that was cut or changed is refused. Neither way keeps more
/// than one entry in memory.
///
/// The file has no archive of ended batches and no snapshots. An import computes them from the register's events.
public final class LedgerFile {

    private static final String FORMAT = "nightshift-ledger";
    private static final int VERSION = 1;
    private static final JsonMapper JSON = new JsonMapper();

    private final MessageDigest digest;
    private final Map<String, String> heads = new HashMap<>();
    private final Set<BatchId> damaged = new TreeSet<>();
    private long entries;

    private LedgerFile() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Writes all entries, or those of a batch, to a file that must not exist.
    ///
    /// @param only null for all
    /// @throws FailureException if the file can't be written, or the journal can't be read
    public static LedgerExport write(Ledger ledger, @Nullable BatchId only, Path file) {
        return write(file, lines -> export(ledger, only, lines));
    }

    /// Writes the lines of an export to a file that must not exist.
    ///
    /// @param export passes each line on, and returns after the last one. If it throws, there is no file
    /// @throws FailureException if the file can't be written
    public static <T> T write(Path file, Function<Consumer<String>, T> export) {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        try {
            if (Files.exists(file)) {
                throw FailureException.permanent("the file %s exists already. Choose another name".formatted(file));
            }
            try {
                T result = writeUnfinished(unfinished, file, export);
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
                Folders.force(Objects.requireNonNull(file.toAbsolutePath().getParent()));
                return result;
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw notWritten(file, e);
        }
    }

    private static <T> T writeUnfinished(Path unfinished, Path file, Function<Consumer<String>, T> export)
            throws IOException {
        try (FileChannel channel = Folders.create(unfinished);
                BufferedWriter out = new BufferedWriter(
                        new OutputStreamWriter(Channels.newOutputStream(channel), StandardCharsets.UTF_8))) {
            T result = export.apply(line -> {
                try {
                    out.write(line);
                    out.write('\n');
                } catch (IOException e) {
                    throw notWritten(file, e);
                }
            });
            out.flush();
            channel.force(true);
            return result;
        }
    }

    /// Passes on the lines of an export of all entries, or of those of a batch.
    ///
    /// @param only null for all
    /// @param lines gets each line, without its line feed
    /// @throws FailureException if the journal can't be read
    public static LedgerExport export(Ledger ledger, @Nullable BatchId only, Consumer<String> lines) {
        LedgerFile export = new LedgerFile();
        export.pass(ledger, only, lines);
        return export.summary();
    }

    /// Finds the batch for an export. One that the register has lost is found by its whole ID.
    ///
    /// @param name an ID, the beginning of one, or `latest`
    /// @throws FailureException if there is no such batch
    public static BatchId named(Ledger ledger, String name) {
        try {
            return ledger.registered().resolve(name);
        } catch (FailureException e) {
            if (BatchId.isValid(name) && ledger.entries(new BatchId(name)) > 0) {
                return new BatchId(name);
            }
            throw e;
        }
    }

    private static FailureException notWritten(Path file, IOException e) {
        return FailureException.permanent("the file %s can't be written: %s".formatted(file, Folders.reason(e)));
    }

    private void pass(Ledger ledger, @Nullable BatchId only, Consumer<String> lines) {
        pass(lines, JSON.createObjectNode().put("format", FORMAT).put("version", VERSION));
        String id = only == null ? null : Batch.KEY.name() + "|" + only;
        ledger.forEachRow(JournalRow.Order.BY_TIME, id, row -> {
            entries++;
            check(row);
            ObjectNode json = JSON.createObjectNode()
                    .put("id", row.id())
                    .put("number", row.number())
                    .put("written", row.written())
                    .put("manifest", row.manifest())
                    .put("entry", Base64.getEncoder().encodeToString(row.payload()));
            if (row.serializer() != LedgerSerializer.IDENTIFIER) {
                json.put("serializer", row.serializer());
            }
            pass(lines, json);
        });
        String sha256 = HexFormat.of().formatHex(digest.digest());
        lines.accept(JSON.createObjectNode()
                .put("entries", entries)
                .put("sha256", sha256)
                .toString());
    }

    private void pass(Consumer<String> lines, JsonNode json) {
        String line = json.toString();
        add(line);
        lines.accept(line);
    }

    private void add(String line) {
        digest.update(line.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) '\n');
    }

    private LedgerExport summary() {
        return new LedgerExport(entries, damaged.stream().map(BatchId::value).toList());
    }

    /// Follows the hash chain of the row's batch.
    private void check(JournalRow row) {
        if (!row.id().startsWith(Batch.KEY.name() + "|")) {
            return;
        }
        BatchId batch = new BatchId(row.id().substring(Batch.KEY.name().length() + 1));
        String head = heads.getOrDefault(row.id(), LedgerEntry.origin(batch));
        if (new LedgerSerializer().read(row.serializer(), row.manifest(), row.payload()) instanceof LedgerEntry entry
                && entry.follows(head)) {
            heads.put(row.id(), entry.hash());
        } else {
            damaged.add(batch);
        }
    }

    /// Imports a file into a journal that has its tables and no entry. All or nothing.
    ///
    /// @throws FailureException if the journal has entries or can't be written, or the file is damaged
    static LedgerExport read(Ledger ledger, Path file) {
        LedgerFile imported = new LedgerFile();
        try (BufferedReader in = Files.newBufferedReader(file);
                JournalWriter journal = JournalWriter.open(ledger)) {
            imported.read(in, file, journal);
            journal.finish();
        } catch (SQLException e) {
            throw new FailureException(Failure.transientFailure("the journal can't be written: " + e.getMessage()), e);
        } catch (IOException e) {
            throw FailureException.permanent("the file %s can't be read: %s".formatted(file, Folders.reason(e)));
        }
        return imported.summary();
    }

    /// Imports a file into the journal of a cluster whose nodes are stopped. Creates its tables.
    public static LedgerExport intoCluster(Ledger journal, Path file) {
        PostgresLedger.migrate(journal);
        return read(journal, file);
    }

    private void read(BufferedReader in, Path file, JournalWriter journal) throws IOException, SQLException {
        String header = in.readLine();
        JsonNode first = json(header, file);
        if (!first.path("format").asText().equals(FORMAT)) {
            throw FailureException.permanent("%s is not an export of a ledger".formatted(file));
        }
        if (first.path("version").asInt() != VERSION) {
            throw FailureException.permanent(
                    "%s was written by a newer version of Nightshift. Import it with that version".formatted(file));
        }
        add(Objects.requireNonNull(header));
        while (true) {
            String line = in.readLine();
            JsonNode json = json(line, file);
            if (json.has("sha256")) {
                requireWhole(json, in, file);
                return;
            }
            add(Objects.requireNonNull(line));
            JournalRow row = row(json, file);
            entries++;
            check(row);
            journal.write(row);
        }
    }

    private static JsonNode json(@Nullable String line, Path file) {
        try {
            JsonNode json = JSON.readTree(line == null ? "" : line);
            if (json.isObject()) {
                return json;
            }
        } catch (JsonProcessingException e) {
            throw cut(file);
        }
        throw cut(file);
    }

    private static JournalRow row(JsonNode json, Path file) {
        try {
            return new JournalRow(
                    json.path("id").asText(),
                    json.path("number").asLong(),
                    json.path("serializer").asInt(LedgerSerializer.IDENTIFIER),
                    json.path("manifest").asText(),
                    json.path("written").asLong(),
                    Base64.getDecoder().decode(json.path("entry").asText()));
        } catch (IllegalArgumentException e) {
            throw cut(file);
        }
    }

    private void requireWhole(JsonNode last, BufferedReader in, Path file) throws IOException {
        if (last.path("entries").asLong() != entries
                || !last.path("sha256").asText().equals(HexFormat.of().formatHex(digest.digest()))
                || in.readLine() != null) {
            throw cut(file);
        }
    }

    private static FailureException cut(Path file) {
        return FailureException.permanent(
                "%s is not the export that was written: it was truncated or changed. Nothing was imported. Use another copy"
                        .formatted(file));
    }
}
