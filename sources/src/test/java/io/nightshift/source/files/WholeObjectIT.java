package io.nightshift.source.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.FileVersion;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectChecksum;
import io.nightshift.storage.objectstore.ObjectChecksum.Algorithm;
import io.nightshift.storage.objectstore.StoredObject;
import io.nightshift.storage.objectstore.TestStore;
import io.nightshift.testing.SmallDisk;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Copies of whole objects, whose bytes are compared with the checksum that the store keeps.
class WholeObjectIT {

    private static final byte[] CONTENT = content();

    @TempDir
    private Path folder;

    private TestStore store;
    private ObjectCopies copies;

    private static byte[] content() {
        byte[] content = new byte[1_000_003];
        new Random(1).nextBytes(content);
        return content;
    }

    @BeforeEach
    void start() throws Exception {
        store = new TestStore();
        copies = TestCopies.of(store, folder.resolve("copies"));
    }

    @AfterEach
    void stop() {
        copies.close();
        store.close();
    }

    private String checksum(Algorithm algorithm) throws Exception {
        Path file = Files.write(folder.resolve("content"), CONTENT);
        return new ObjectChecksum(algorithm, "").ofSame(file).value();
    }

    private StoredObject put(Algorithm algorithm) throws Exception {
        store.s3()
                .put(
                        store.bucket,
                        "object",
                        CONTENT,
                        "x-amz-checksum-" + algorithm.name().toLowerCase(Locale.ROOT),
                        checksum(algorithm));
        return find();
    }

    private StoredObject find() {
        ObjectAddress address = ObjectAddress.of(store.address("object"));
        return Objects.requireNonNull(copies.stores().of(address).find(address));
    }

    private void assertFetched(StoredObject object) {
        try (ObjectCopies.Use use = copies.whole(object, FetchControl.NONE)) {
            assertThat(use.copy().file()).hasBinaryContent(CONTENT);
        }
    }

    /// The server computes the checksum itself, and refuses another one.
    @ParameterizedTest
    @EnumSource(names = "MD5", mode = EnumSource.Mode.EXCLUDE) // S3 has no such checksum
    void wrongBytesAreFetchedAgain(Algorithm algorithm) throws Exception {
        StoredObject object = put(algorithm);
        // The first request asks for the checksum.
        store.proxy.next(new Fault.Corrupt(0), new Fault.Corrupt(700_000), new Fault.Corrupt(3));

        assertFetched(object);
        assertThat(store.proxy.requests()).as("requests").isEqualTo(5);
    }

    @Test
    void bytesThatStayWrongAreRefusedByTheNameOfTheObject() throws Exception {
        StoredObject object = put(Algorithm.CRC32C);
        store.proxy.often(1, 1, new Fault.Corrupt(5));

        assertThatThrownBy(() -> copies.whole(object, FetchControl.NONE))
                .hasMessageStartingWith("source: %s arrives with wrong bytes from store lake: their checksum is CRC32C "
                        .formatted(object.address()))
                .hasMessageEndingWith(", and that of the object is CRC32C " + checksum(Algorithm.CRC32C))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        failed -> assertThat(
                                        Objects.requireNonNull(failed.failure().resource())
                                                .type())
                                .isEqualTo(FailedResource.Type.STORAGE));

        store.proxy.heal();
        assertFetched(object);
    }

    @Test
    void anObjectWithoutAChecksumIsFetched() throws Exception {
        store.server.put(store.bucket, "object", CONTENT);

        assertFetched(find());
    }

    @Test
    void theChecksumOfAmazonIsTheOneOfItsDocumentation() throws Exception {
        Path file = Files.write(folder.resolve("check"), "123456789".getBytes(StandardCharsets.US_ASCII));

        assertThat(new ObjectChecksum(Algorithm.CRC64NVME, "").ofSame(file).value())
                .as("AE8B14860A799888, of the catalogue of parametrised CRC algorithms")
                .isEqualTo("rosUhgp5mIg=");
    }

    @Test
    void aPathThatMayNameNothingIsListedOnce() throws Exception {
        store.server.put(store.bucket, "in/a.csv", CONTENT);
        SourceFiles files = new SourceFiles(FileRoots.UNRESTRICTED, copies);
        FileKind csv = FileKind.of(".csv");
        List<String> paths = List.of(store.address("in/"), store.address("none/"));
        int before = store.proxy.lists();

        assertThat(files.listOrNone(paths, csv))
                .extracting(FileVersion::path)
                .containsExactly(store.address("in/a.csv"));
        assertThat(store.proxy.lists() - before).isEqualTo(2);
    }

    @Test
    void aFullDiskIsTheFaultOfTheNode() throws Exception {
        store.server.put(store.bucket, "object", CONTENT);
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), "600k")) {
            assumeThat(disk).as("this process may mount a file system").isNotNull();
            Path full = Objects.requireNonNull(disk).folder().resolve("copies");
            try (ObjectCopies onIt = TestCopies.of(store, full)) {
                assertThatThrownBy(() -> onIt.whole(find(), FetchControl.NONE))
                        .hasMessage(
                                "the folder %s, which holds copies of objects, can't be written: No space left on device. Make room on its disk, or name another folder (nightshift.object-copies.folder)"
                                        .formatted(full))
                        .isInstanceOfSatisfying(
                                FailureException.class,
                                failed -> assertThat(failed.failure().resource())
                                        .isEqualTo(new FailedResource(FailedResource.Type.SCRATCH, full.toString())));
                disk.resize("10m");
                try (ObjectCopies.Use use = onIt.whole(find(), FetchControl.NONE)) {
                    assertThat(use.copy().file()).hasBinaryContent(CONTENT);
                }
            }
        }
    }
}
