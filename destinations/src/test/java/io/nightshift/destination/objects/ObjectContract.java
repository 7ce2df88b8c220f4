package io.nightshift.destination.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.TestStore;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The contract for a prefix of a real store; a format of objects has one subclass. The destination goes
/// through a proxy that disturbs, and the readers straight to the server.
public abstract class ObjectContract extends DestinationContract {

    protected static final Fault PASS = new Fault.Cut(Long.MAX_VALUE);
    protected static final Fault REFUSAL = new Fault.Answer(403, "AccessDenied");

    @SuppressWarnings("this-escape")
    protected final TestStore lake = newStore();

    private @Nullable ObjectCopies copies;
    private @Nullable ObjectCopies reader;

    /// The extension of the objects, with the dot.
    protected abstract String extension();

    /// The rows of files, as a reader of the format reads them: what stands after FROM.
    ///
    /// @param files a glob
    protected abstract String read(String files);

    /// Writes the rows of a query to a file of the format.
    protected abstract String copy(String query, Path file);

    /// Called by the constructor, so it uses no fields.
    protected TestStore newStore() {
        try {
            return new TestStore();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The address of the destination's prefix in a bucket of the test's own.
    protected String prefix() {
        return lake.address("churn/daily");
    }

    @Override
    protected final ObjectCopies objects() {
        ObjectCopies made = copies == null ? TestCopies.of(lake, folder.resolve("copies")) : copies;
        copies = made;
        return made;
    }

    @AfterEach
    void closeStore() {
        if (copies != null) {
            copies.close();
        }
        if (reader != null) {
            reader.close();
        }
        lake.close();
    }

    @Override
    protected Optional<Step> moveAway() {
        return Optional.of(() -> emptied(keys().prefix()));
    }

    final void emptied(ObjectAddress prefix) {
        List<ObjectAddress> objects = new ArrayList<>();
        readers().list(prefix, found -> objects.add(found.address()));
        objects.forEach(readers()::delete);
    }

    @Test
    void aPlaceThatAnEarlierVersionHasNotMarkedIsMarkedByTheRemoval() throws Exception {
        publish();
        readers().delete(keys().marker());

        store().removal().unpublish(ContractBatch.ID);
        store().removal().delete(ContractBatch.ID);
        store().removal().delete(ContractBatch.ID);

        assertThat(left()).isEqualTo(Optional.of(false));
    }

    BatchKeys keys() {
        return new BatchKeys(BatchKeys.prefix(prefix()), ContractBatch.ID);
    }

    private ObjectStore readers() {
        ObjectCopies made = reader == null ? TestCopies.direct(lake, folder.resolve("reader")) : reader;
        reader = made;
        return made.stores().of(keys().prefix());
    }

    /// The names of all objects below the destination, as a reader lists them.
    List<String> listed() {
        List<String> names = new ArrayList<>();
        readers()
                .list(
                        keys().prefix(),
                        found -> names.add(found.address()
                                .key()
                                .substring(keys().prefix().key().length())));
        return names;
    }

    /// What Spark, Hive and globs take for data: names without a part that begins with `_`.
    List<String> visible() {
        return listed().stream()
                .filter(name -> !name.startsWith("_") && !name.contains("/_"))
                .toList();
    }

    /// A reader that lists, and takes a batch only if `_SUCCESS` is in the list.
    @Override
    protected Seen seen() throws IOException {
        List<String> names = listed().stream()
                .filter(name -> name.startsWith("batch="))
                .map(name -> name.substring(name.indexOf('/') + 1))
                .toList();
        if (!names.contains(BatchFolders.SUCCESS)) {
            return NOTHING;
        }
        Path here = Files.createTempDirectory(folder, "read");
        for (String name : names) {
            if (!name.equals(BatchFolders.SUCCESS)) {
                Files.write(
                        here.resolve(name),
                        Objects.requireNonNull(readers().get(keys().published(name)))
                                .bytes());
            }
        }
        return new Seen(
                count("count(*)", here + "/part-*" + extension()),
                count("count(DISTINCT record_id)", here + "/part-*" + extension()),
                names.stream().anyMatch(name -> name.startsWith("_quarantine-"))
                        ? count("count(*)", here + "/_quarantine-*" + extension())
                        : 0);
    }

    @Override
    protected Optional<Boolean> left() {
        return Optional.of(listed().stream().anyMatch(name -> name.contains("batch=" + ContractBatch.ID + "/")));
    }

    private long count(String what, String files) {
        return Long.parseLong(batch.data()
                .rows("SELECT %s FROM %s".formatted(what, read(files)))
                .getFirst());
    }

    private ObjectAddress part() {
        return keys().published(new FileNames(extension()).part(1));
    }

    byte[] content(ObjectAddress address) {
        return Objects.requireNonNull(readers().get(address)).bytes();
    }

    private void replace(ObjectAddress address, byte[] content) throws IOException {
        lake.server.put(lake.bucket, address.key(), content);
    }

    @Override
    protected void tamper(Tampering tampering) throws Exception {
        switch (tampering) {
            case A_ROW_IS_MISSING -> rewrite("FROM rows WHERE record_id <> 'r12'");
            case A_ROW_IS_DOUBLED -> rewrite("FROM rows UNION ALL FROM rows WHERE record_id = 'r12'");
            case A_VALUE_IS_CHANGED -> {
                byte[] bytes = content(part());
                bytes[bytes.length / 2] ^= 0x40;
                replace(part(), bytes);
            }
            case A_PARTITION_IS_GONE -> lake.server.delete(lake.bucket, part().key());
            case THE_MANIFEST_IS_CHANGED -> {
                ObjectAddress manifest = keys().published(BatchFolders.MANIFEST);
                String text = new String(content(manifest), StandardCharsets.UTF_8);
                replace(manifest, text.replace("\"read\" : 30", "\"read\" : 31").getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void rewrite(String query) throws Exception {
        Path file = Files.write(folder.resolve("one" + extension()), content(part()));
        Path other = folder.resolve("other" + extension());
        String rows = "WITH rows AS (FROM %s) %s".formatted(read(file.toString()), query);
        try (Connection connection = batch.data().duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(copy(rows, other));
        }
        replace(part(), Files.readAllBytes(other));
    }

    /// In the order of a publication, up to the decision: what comes after is carried out by whoever comes
    /// next.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                refusing("reading the register", 0, (method, path) -> path.endsWith(PublicationRegister.NAME)),
                refusing("the claim", 0, ObjectContract::isRegistered),
                refusing("the list of what is staged", 0, (method, path) -> path.matches("/[^/]*/?")),
                refusing("the decision", 1, ObjectContract::isRegistered));
    }

    /// In the order of its steps, up to the deletion of the quarantine that it replaces.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                refusing("reading the register", 0, (method, path) -> path.endsWith(BatchKeys.SUPPLEMENT)),
                refusing("the claim", 0, ObjectContract::isSupplementRegister),
                refusing("the decision", 1, ObjectContract::isSupplementRegister),
                refusing("its part", 0, (method, path) -> isPublished(method, path, "PUT", "/part-000003")),
                refusing("its quarantine", 0, (method, path) -> isPublished(method, path, "PUT", "/_quarantine-")),
                refusing("its manifest", 0, (method, path) -> isPublished(method, path, "PUT", BatchFolders.MANIFEST)),
                refusing("the old quarantine", 0, (method, path) -> isPublished(method, path, "DELETE", "/_quarant")));
    }

    @Override
    protected List<Obstacle> discardObstacles() {
        return List.of(
                refusing("reading the register", 0, (method, path) -> path.endsWith(BatchKeys.SUPPLEMENT)),
                refusing("its objects", 0, (method, path) -> method.equals("DELETE") && path.contains("_staging")));
    }

    /// Another store, or another bucket of the name, has none of the objects.
    @Override
    protected List<Obstacle> absences() {
        return List.of(withoutBucket(), answering("empty", "NoSuchKey"));
    }

    final Obstacle withoutBucket() {
        return answering("without its bucket", "NoSuchBucket");
    }

    private Obstacle answering(String name, String code) {
        return new Obstacle(
                name,
                () -> {
                    lake.proxy.only((method, path) -> true);
                    Collections.nCopies(1000, new Fault.Answer(404, code)).forEach(lake.proxy::next);
                },
                lake.proxy::heal);
    }

    /// Objects of other programs, some of them named like those of a batch.
    @Override
    protected Step neighbours() throws IOException {
        List<String> others = List.of(
                "mine.csv",
                "other/batch=notours/x.csv",
                "_staging/x.csv",
                "_staging/load-42/x.csv",
                "_staging/batch=notours/x.csv",
                "_staging/batch=2026-11-24/attempts/part-0.parquet",
                "_staging/batch=Not Ours/publication.json",
                "_quarantine/x.csv");
        for (String name : others) {
            lake.server.put(lake.bucket, keys().prefix().key() + name, new byte[3]);
        }
        String upload = lake.server.begin(lake.bucket, keys().prefix().key() + "_staging/batch=notours/large.csv");
        return () -> {
            assertThat(listed()).containsAll(others);
            assertThat(readers().uploads(keys().prefix()))
                    .extracting(ObjectStore.Upload::id)
                    .containsExactly(upload);
        };
    }

    private static boolean isSupplementRegister(String method, String path) {
        return method.equals("PUT") && path.endsWith(BatchKeys.SUPPLEMENT);
    }

    private static boolean isPublished(String method, String path, String expected, String name) {
        // A copy in Google Cloud Storage names its source, too.
        int rewrite = path.indexOf("/rewriteTo/");
        String target = rewrite < 0 ? path : path.substring(rewrite).replace("%2F", "/");
        return (rewrite < 0 ? method : "PUT").equals(expected) && target.contains(name) && !target.contains("_staging");
    }

    private static boolean isRegistered(String method, String path) {
        return method.equals("PUT") && path.endsWith(PublicationRegister.NAME);
    }

    /// @param passing how many requests pass before
    private Obstacle refusing(String name, int passing, BiPredicate<String, String> requests) {
        return new Obstacle(name, () -> refuse(passing, requests), lake.proxy::heal);
    }

    void refuse(int passing, BiPredicate<String, String> requests) {
        lake.proxy.only(requests);
        Collections.nCopies(passing, PASS).forEach(lake.proxy::next);
        Collections.nCopies(100, REFUSAL).forEach(lake.proxy::next);
    }
}
