package io.nightshift.coordinator.ledger;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/// The record that a home folder keeps of its ledger: the file `home.json` next to the ledger's folder. If the
/// ledger's file is lost, emptied, cut, or replaced by an older copy, the two don't agree any more. Without
/// this, the home would be taken for a new one, and the same input would be published again.
///
/// @param ledger the ID of the home's ledger, which the ledger has too
/// @param entries the number of its last entry, as far as it was recorded
@JsonIgnoreProperties(ignoreUnknown = true)
record HomeIdentity(String ledger, long entries) {

    private static final String FILE = "home.json";
    private static final JsonMapper JSON = new JsonMapper();

    /// @return empty for a new home
    static Optional<HomeIdentity> read(Path home) {
        Path file = home.resolve(FILE);
        try {
            return Files.exists(file)
                    ? Optional.of(JSON.readValue(Files.readAllBytes(file), HomeIdentity.class))
                    : Optional.empty();
        } catch (IOException e) {
            throw FailureException.permanent(
                    "%s can't be read: %s. It names the ledger that belongs to the home folder. Restore it from a backup. If the ledger is complete, you can delete the file instead"
                            .formatted(file, Folders.reason(e)));
        }
    }

    /// Writes the file durably.
    void write(Path home) throws IOException {
        Path unfinished = home.resolve(FILE + ".new");
        try (FileChannel file = Folders.create(unfinished)) {
            ByteBuffer bytes =
                    ByteBuffer.wrap(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(unfinished, home.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        Folders.force(home);
    }

    /// Refuses a ledger that is not the home's, or not all of it.
    ///
    /// @throws FailureException permanent
    void check(Path home, String found, long foundEntries) {
        if (!ledger.equals(found)) {
            throw lost(home, "belongs to another home folder");
        }
        if (foundEntries < entries) {
            throw lost(
                    home,
                    "ends with entry %,d, but it had entry %,d before: it was cut, or replaced by an older copy"
                            .formatted(foundEntries, entries));
        }
    }

    /// @param what about the ledger, as the end of a sentence
    static FailureException lost(Path home, String what) {
        return FailureException.permanent(
                "the ledger of %s %s. Without its history, the same input would be published again. Restore the whole home folder from a backup, or import an export with `nightshift ledger import`. docs/how-to/ledger.md has the steps, also those to start without the history"
                        .formatted(home, what));
    }
}
