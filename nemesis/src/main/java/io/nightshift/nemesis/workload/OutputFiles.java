package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.nemesis.cluster.ObjectStorage;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Files below a folder, or below a prefix of an object store.
public sealed interface OutputFiles extends BatchOutput {

    /// The beginning of the name of a published batch's folder.
    String BATCH = "batch=";

    /// Reads files of this machine.
    ///
    /// @param <T> the result
    interface Reader<T> {
        T read(Path folder) throws IOException, SQLException;
    }

    /// The folder or the prefix, as a job names it.
    String location();

    /// The format of the files.
    OutputFormat format();

    /// Reads the files, or copies of the objects.
    <T> T read(Reader<T> reader) throws IOException, SQLException;

    /// Writes a file or object as another program does.
    ///
    /// @param name relative to the location
    void write(String name, String content) throws IOException;

    /// The content of a file or object in words, which tells what is wrong if it can't be read.
    ///
    /// @param name relative to the location
    String content(String name);

    /// Deletes a file or object.
    ///
    /// @param name relative to the location
    void delete(String name) throws IOException;

    @Override
    List<String> published() throws IOException;

    @Override
    default List<VisibleRows> visibleRows() throws IOException, SQLException {
        return read(
                folder -> List.of(VisibleRows.of(name(), format().predicted(folder), format().quarantined(folder))));
    }

    /// The rows with predictions. At least one batch is published.
    default VisibleRows predictedRows() throws IOException, SQLException {
        return read(folder -> VisibleRows.of(name(), format().predicted(folder), ""));
    }

    @Override
    default String destination() {
        return format().destination(location());
    }

    /// A folder.
    record Folder(Path path, OutputFormat format) implements OutputFiles {

        /// A folder of Parquet files.
        public Folder(Path path) {
            this(path, OutputFormat.PARQUET);
        }

        @Override
        public String name() {
            return format == OutputFormat.CSV ? "csv" : "parquet";
        }

        @Override
        public String location() {
            return path.toString();
        }

        @Override
        public void write(String name, String content) throws IOException {
            Path file = path.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        }

        @Override
        public String content(String name) {
            try {
                return Files.readString(path.resolve(name));
            } catch (IOException e) {
                return e.toString();
            }
        }

        @Override
        public void delete(String name) throws IOException {
            Files.deleteIfExists(path.resolve(name));
        }

        @Override
        public <T> T read(Reader<T> reader) throws IOException, SQLException {
            return reader.read(path);
        }

        @Override
        public List<String> published() throws IOException {
            if (!Files.exists(path)) {
                return List.of();
            }
            try (Stream<Path> batches = Files.list(path)) {
                return batches.map(batch -> String.valueOf(batch.getFileName()))
                        .filter(name -> name.startsWith(BATCH))
                        .map(name -> name.substring(BATCH.length()))
                        .toList();
            }
        }

        @Override
        public void clear() throws IOException {
            if (Files.exists(path)) {
                try (Stream<Path> all = Files.walk(path)) {
                    for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }

        @Override
        public String digest() throws SQLException {
            return format.digest(path);
        }

        @Override
        public String leftovers() throws IOException {
            Path staging = path.resolve(".staging");
            if (!Files.exists(staging)) {
                return "";
            }
            try (Stream<Path> all = Files.walk(staging)) {
                List<String> names =
                        all.map(file -> path.relativize(file).toString()).toList();
                return String.join(", ", names);
            }
        }
    }

    /// A prefix of an object store. Everything is checked against what the store lists.
    ///
    /// @param folder the name of the predictions in the store
    record Prefix(ObjectStorage storage, String folder, OutputFormat format) implements OutputFiles {

        private static final String SUCCESS = "/_SUCCESS";
        private static final String MANIFEST = "/_manifest.json";
        private static final String SUPPLEMENTS = "/_supplement.json";
        private static final String POINTER = "_latest-";
        /// Tells the destination from an empty place, and stays.
        private static final String MARK = "_nightshift";
        private static final ObjectMapper JSON = new ObjectMapper();

        @Override
        public String name() {
            return format == OutputFormat.CSV ? "csv in s3" : "s3";
        }

        @Override
        public String location() {
            return storage.predictions(folder);
        }

        @Override
        public void write(String name, String content) throws IOException {
            storage.write(folder, name, content);
        }

        @Override
        public String content(String name) {
            try {
                return storage.read(folder, name);
            } catch (IOException e) {
                return e.toString();
            }
        }

        @Override
        public void delete(String name) throws IOException {
            storage.delete(folder, name);
        }

        @Override
        public List<String> published() throws IOException {
            return published(storage.list(folder));
        }

        private static List<String> published(List<String> objects) {
            return objects.stream()
                    .filter(name -> name.startsWith(BATCH) && name.endsWith(SUCCESS))
                    .map(name -> name.substring(BATCH.length(), name.length() - SUCCESS.length()))
                    .toList();
        }

        @Override
        public void clear() throws IOException {
            storage.delete(folder);
        }

        @Override
        public <T> T read(Reader<T> reader) throws IOException, SQLException {
            return read(storage.list(folder), reader);
        }

        private <T> T read(List<String> objects, Reader<T> reader) throws IOException, SQLException {
            ScratchFolder copy = ScratchFolder.create("nightshift-objects");
            try {
                for (String object : objects) {
                    storage.copy(folder, object, copy.path());
                }
                return reader.read(copy.path());
            } finally {
                copy.delete();
            }
        }

        @Override
        public String digest() throws IOException, SQLException {
            List<String> objects = storage.list(folder);
            List<String> batches = published(objects);
            for (String object : objects) {
                if (object.startsWith(POINTER)) {
                    JsonNode pointer = JSON.readTree(storage.read(folder, object));
                    if (!batches.equals(List.of(pointer.get("batch").asText()))) {
                        return "%s, which names %s".formatted(batches, pointer);
                    }
                }
            }
            List<String> parts = objects.stream()
                    .filter(object -> batches.contains(object.replaceFirst("^" + BATCH + "([^/]*)/part-.*", "$1")))
                    .toList();
            return read(parts, format::digest);
        }

        /// Everything but the objects that the manifests of the published batches name.
        @Override
        public String leftovers() throws IOException {
            List<String> objects = storage.list(folder);
            Set<String> named = new HashSet<>();
            for (String batch : published(objects)) {
                named.add(BATCH + batch + SUCCESS);
                named.add(BATCH + batch + MANIFEST);
                JsonNode manifest = JSON.readTree(storage.read(folder, BATCH + batch + MANIFEST));
                if (manifest.has("supplements")) {
                    named.add(BATCH + batch + SUPPLEMENTS);
                }
                for (String files : List.of("parts", "quarantine")) {
                    manifest.get(files)
                            .forEach(file -> named.add(
                                    BATCH + batch + "/" + file.get("file").asText()));
                }
            }
            return objects.stream()
                    .filter(object -> !named.contains(object) && !object.startsWith(POINTER) && !object.equals(MARK))
                    .collect(Collectors.joining(", "));
        }
    }
}
