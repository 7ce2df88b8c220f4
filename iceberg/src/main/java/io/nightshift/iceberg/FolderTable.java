package io.nightshift.iceberg;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.jspecify.annotations.Nullable;

/// The versions of a table's metadata in a folder, with the layout of Iceberg's file system catalog, which
/// Spark and DuckDB read:
///
/// ```
/// TABLE/metadata/v7.metadata.json    the seventh version; the newest is the table
/// TABLE/metadata/version-hint.text   7, or an earlier number
/// ```
///
/// A commit writes a version to a file of its own, makes that durable, and links the name of the next version
/// to it. A link is made only if there is no file of the name. So of two commits one fails, and a crash
/// leaves a whole version or none. For one thread.
final class FolderTable implements TableOperations {

    private static final Pattern VERSION = Pattern.compile("v(\\d+)(\\.gz)?\\.metadata\\.json");
    private static final String HINT = "version-hint.text";

    private final String name;
    private final Path metadata;
    private final String location;
    private final FileIO files;
    private int version;
    private @Nullable TableMetadata current;
    private boolean isStale = true;

    /// @param location the table's, as a URI
    FolderTable(String name, Path folder, String location, FileIO files) {
        this.name = name;
        this.metadata = folder.resolve("metadata");
        this.location = location;
        this.files = files;
    }

    /// Null if there is no table.
    @Override
    @SuppressWarnings("NullAway")
    public @Nullable TableMetadata current() {
        return isStale ? refresh() : current;
    }

    /// Null if there is no table.
    @Override
    @SuppressWarnings("NullAway")
    public @Nullable TableMetadata refresh() {
        int newest = newest();
        if (newest == 0 && version > 0) {
            throw new NoSuchTableException("Table does not exist: %s", name);
        }
        if (newest != version) {
            Path file = file(newest);
            current = TableMetadataParser.read(files, metadataFileLocation(String.valueOf(file.getFileName())));
            version = newest;
        }
        isStale = false;
        return current;
    }

    private Path file(int number) {
        Path plain = metadata.resolve("v%d.metadata.json".formatted(number));
        Path compressed = metadata.resolve("v%d.gz.metadata.json".formatted(number));
        return Files.exists(compressed) && !Files.exists(plain) ? compressed : plain;
    }

    /// The number of the newest version; 0 if there is none. The versions after the hint have consecutive numbers.
    private int newest() {
        int number = version > 0 ? version : hint();
        if (number == 0 || !Files.exists(file(number))) {
            number = listed();
        }
        while (number > 0 && Files.exists(file(number + 1))) {
            number++;
        }
        return number;
    }

    private int hint() {
        try {
            return Integer.parseInt(Files.readString(metadata.resolve(HINT)).strip());
        } catch (IOException | NumberFormatException _) {
            return 0;
        }
    }

    private int listed() {
        try (Stream<Path> found = Files.list(metadata)) {
            return found.map(file -> VERSION.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                    .max()
                    .orElse(0);
        } catch (NoSuchFileException _) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A state of the table is one object.
    @Override
    @SuppressWarnings("ReferenceEquality")
    public void commit(@Nullable TableMetadata base, TableMetadata changed) {
        if (base != current()) {
            throw new CommitFailedException("Cannot commit changes based on stale table metadata");
        }
        if (base == changed) {
            return;
        }
        int next = version + 1;
        String written = "nightshift-" + UUID.randomUUID() + ".metadata.json";
        TableMetadataParser.write(changed, files.newOutputFile(metadataFileLocation(written)));
        try {
            link(next, metadata.resolve(written));
        } finally {
            files.deleteFile(metadataFileLocation(written));
        }
        isStale = true;
        try {
            Folders.force(metadata);
        } catch (IOException e) {
            throw new CommitStateUnknownException(e);
        }
        writeHint(next);
        if (base != null) {
            CatalogUtil.deleteRemovedMetadataFiles(files, base, changed);
        }
    }

    private void link(int next, Path written) {
        if (Files.exists(file(next))) {
            throw new CommitFailedException("Version %d of %s exists", next, name);
        }
        try {
            Files.createLink(metadata.resolve("v%d.metadata.json".formatted(next)), written);
        } catch (FileAlreadyExistsException e) {
            throw new CommitFailedException(e, "Version %d of %s exists", next, name);
        } catch (UnsupportedOperationException e) {
            throw FailureException.permanent(
                    "the file system of %s has no hard links, without which two commits could both succeed. Use another file system, or a catalog of the type jdbc"
                            .formatted(metadata));
        } catch (FileSystemException e) {
            throw new UncheckedIOException(
                    new IOException("%s can't be linked: %s".formatted(written, Folders.reason(e)), e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Readers find the newest version without the hint, too; they only look longer.
    private void writeHint(int number) {
        Path written = metadata.resolve("nightshift-" + UUID.randomUUID() + ".hint");
        try {
            try (FileChannel channel = Folders.create(written)) {
                channel.write(StandardCharsets.UTF_8.encode(String.valueOf(number)));
                channel.force(true);
            }
            Files.move(written, metadata.resolve(HINT), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException _) {
            // The next commit writes another one.
        }
    }

    @Override
    public FileIO io() {
        return files;
    }

    @Override
    public String metadataFileLocation(String file) {
        return location + "/metadata/" + file;
    }

    @Override
    public LocationProvider locationProvider() {
        TableMetadata known = Objects.requireNonNull(current());
        return LocationProviders.locationsFor(known.location(), known.properties());
    }
}
