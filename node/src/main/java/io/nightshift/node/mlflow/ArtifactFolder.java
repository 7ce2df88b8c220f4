package io.nightshift.node.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The folder with the artifacts of a model, wherever the MLflow server keeps it. Every method waits for the
/// network or a disk, and throws a [FailureException] with the place if it can't be read.
sealed interface ArtifactFolder {

    /// A file of the folder.
    ///
    /// @param name without a `/`
    /// @param bytes its size; -1 if it is not known
    record Artifact(String name, long bytes) {}

    /// The files directly in the folder; empty if there is no such folder.
    List<Artifact> files();

    /// Copies a file.
    ///
    /// @param name of the file in the folder
    /// @param target is replaced
    /// @param limit the most bytes that are copied
    /// @return the size of the file; more than the limit if it is larger
    /// @throws IOException if the target can't be written
    long fetch(String name, Path target, long limit) throws IOException;

    /// A folder below this one, or a path that ends in a file.
    ArtifactFolder below(String path);

    /// The address of the folder, for people.
    String place();

    /// Checks a path that the server names.
    ///
    /// @return its last part
    /// @throws FailureException permanent, if it could lead out of its folder
    static String checkedName(String path, String place) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        boolean isUnsafe = UNSAFE.matcher(path).find() || name.isEmpty();
        if (isUnsafe) {
            throw FailureException.permanent(
                    "the MLflow server lists an artifact of %s whose path could lead out of its folder: \"%s\". Nothing of it is read"
                            .formatted(
                                    place, Failure.shortened(path.replaceAll("[\\p{Cc}\\p{Cf}]", "?"), LONGEST_NAME)));
        }
        if (name.length() > LONGEST_NAME) {
            throw FailureException.permanent(
                    "the MLflow server lists an artifact of %s whose name has more than %d characters. Nothing of it is read"
                            .formatted(place, LONGEST_NAME));
        }
        return name;
    }

    /// A part that is `.` or `..`, an empty part, a backslash, a control or a format character.
    Pattern UNSAFE = Pattern.compile("(^|/)\\.{1,2}(/|$)|//|[\\\\\\p{Cc}\\p{Cf}]");

    /// The most characters of the name of a file.
    int LONGEST_NAME = 255;

    /// Artifacts that the server hands out itself.
    ///
    /// @param path below the artifacts of the server, without a `/` at its ends
    record Served(MlflowServer server, String path) implements ArtifactFolder {

        @Override
        public List<Artifact> files() {
            List<Artifact> files = new ArrayList<>();
            for (JsonNode file :
                    server.listArtifacts(path, "the artifacts of " + path).path("files")) {
                if (!file.path("is_dir").asBoolean()) {
                    JsonNode bytes = file.path("file_size");
                    files.add(new Artifact(
                            checkedName(file.path("path").asText(), path),
                            bytes.isMissingNode() ? -1 : bytes.asLong()));
                }
            }
            return files;
        }

        @Override
        public long fetch(String name, Path target, long limit) throws IOException {
            return server.download(path + "/" + name, target, limit, "the artifact " + path + "/" + name);
        }

        @Override
        public ArtifactFolder below(String more) {
            return new Served(server, path.isEmpty() ? more : path + "/" + more);
        }

        @Override
        public String place() {
            return "mlflow-artifacts:/" + path;
        }
    }

    /// Artifacts on a file system that this node sees, too.
    ///
    /// @param roots the folders that jobs may read
    record OnDisk(Path folder, FileRoots roots) implements ArtifactFolder {

        @Override
        public List<Artifact> files() {
            roots.requireReadable(folder);
            List<Artifact> files = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                for (Path entry : entries) {
                    if (Files.isRegularFile(entry)) {
                        files.add(new Artifact(String.valueOf(entry.getFileName()), Files.size(entry)));
                    }
                }
            } catch (NoSuchFileException | NotDirectoryException _) {
                return List.of();
            } catch (IOException e) {
                throw unreadable(folder, e);
            }
            return files;
        }

        @Override
        public long fetch(String name, Path target, long limit) throws IOException {
            Path file = resolved(name);
            roots.requireReadable(file);
            try (InputStream source = opened(file);
                    OutputStream copy = Files.newOutputStream(target)) {
                byte[] buffer = new byte[1 << 16];
                long bytes = 0;
                while (bytes <= limit) {
                    int read = read(source, file, buffer, (int) Math.min(buffer.length, limit + 1 - bytes));
                    if (read < 0) {
                        break;
                    }
                    copy.write(buffer, 0, read);
                    bytes += read;
                }
                return bytes;
            }
        }

        /// A pipe is refused, because opening it could wait forever.
        private static InputStream opened(Path file) {
            try {
                if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
                    throw FailureException.permanent("the MLflow artifact %s is no regular file".formatted(file));
                }
                return Files.newInputStream(file);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }

        private static int read(InputStream source, Path file, byte[] buffer, int most) {
            try {
                return source.read(buffer, 0, most);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }

        private Path resolved(String name) {
            try {
                return folder.resolve(name);
            } catch (InvalidPathException e) {
                throw FailureException.permanent(
                        "this node has no path for the artifact %s in %s: %s. Start it with a locale of UTF-8"
                                .formatted(name, folder, e.getReason()));
            }
        }

        private static FailureException unreadable(Path path, IOException e) {
            return new FailureException(
                    Failure.of(
                            FailedResource.Type.INPUT,
                            path.toString(),
                            "the MLflow artifacts in %s can't be read: %s. This node must see the artifact folder of the MLflow server, or the server must hand out its artifacts (--serve-artifacts)"
                                    .formatted(path, e.getMessage())),
                    e);
        }

        @Override
        public ArtifactFolder below(String more) {
            return new OnDisk(resolved(more), roots);
        }

        @Override
        public String place() {
            return folder.toString();
        }
    }

    /// Artifacts in an object store, which this node reads with its own credentials.
    ///
    /// @param address of the folder, without a `/` at its end
    record Stored(ObjectStore store, ObjectAddress address) implements ArtifactFolder {

        @Override
        public List<Artifact> files() {
            String prefix = address.key() + "/";
            List<Artifact> files = new ArrayList<>();
            store.listLevel(
                    address.with(prefix),
                    object -> {
                        String name = object.address().key().substring(prefix.length());
                        if (!name.isEmpty()) {
                            files.add(new Artifact(checkedName(name, place()), object.bytes()));
                        }
                    },
                    _ -> {});
            return files;
        }

        @Override
        public long fetch(String name, Path target, long limit) throws IOException {
            ObjectAddress file = address.with(address.key() + "/" + name);
            StoredObject object = store.find(file);
            if (object == null) {
                throw FailureException.permanent(
                        "there is no object %s, which the MLflow server names".formatted(file));
            }
            if (object.bytes() > limit) {
                return object.bytes();
            }
            try (FileChannel channel = FileChannel.open(
                    target,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                if (object.bytes() > 0) {
                    store.read(
                            object, ByteRange.of(0, object.bytes()), FetchControl.NONE, (position, bytes, length) -> {
                                ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
                                while (rest.hasRemaining()) {
                                    channel.write(rest, position + rest.position());
                                }
                            });
                }
            }
            return object.bytes();
        }

        @Override
        public ArtifactFolder below(String more) {
            return new Stored(store, address.with(address.key().isEmpty() ? more : address.key() + "/" + more));
        }

        @Override
        public String place() {
            return address.toString();
        }
    }
}
