package io.nightshift.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.storage.endpoint.Diagnosis;
import io.nightshift.storage.endpoint.Diagnosis.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The findings about a machine.
final class MachineExaminationTest {

    private static final long GIGABYTE = 1L << 30;
    private static final Instant NOON = Instant.parse("2026-11-26T12:00:00Z");

    @TempDir
    private Path folder;

    @Test
    void aContainersLimitIsTheMemory() {
        Diagnosis limited = MachineExamination.memory(2 * GIGABYTE, 8 * GIGABYTE, GIGABYTE / 4);

        assertThat(limited.outcome()).isEqualTo(Outcome.FINE);
        assertThat(limited.detail())
                .isEqualTo(
                        "2,048 MB (the container's limit; the machine has 8,192 MB), of which 256 MB are for the heap");
        assertThat(MachineExamination.memory(8 * GIGABYTE, 8 * GIGABYTE, GIGABYTE)
                        .detail())
                .doesNotContain("container");
    }

    @Test
    void tooLittleMemoryAndTooLargeAHeapAreProblems() {
        assertThat(MachineExamination.memory(GIGABYTE / 2, 8 * GIGABYTE, GIGABYTE / 4)
                        .advice())
                .isEqualTo("Give the container at least 768 MB.");
        assertThat(MachineExamination.memory(4 * GIGABYTE, null, 4 * GIGABYTE).outcome())
                .isEqualTo(Outcome.PROBLEM);
    }

    @Test
    void aFolderThatCanBeMadeIsFineAndNothingIsLeftBehind() throws IOException {
        assertThat(MachineExamination.folder("home folder", folder.resolve("a/b"))
                        .outcome())
                .isNotEqualTo(Outcome.PROBLEM);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aFileInPlaceOfAFolderIsAProblem() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        assertThat(MachineExamination.folder("home folder", file.resolve("home"))
                        .outcome())
                .isEqualTo(Outcome.PROBLEM);
    }

    @Test
    void aFullDiskIsAProblemAndASmallOneAWarning() {
        assertThat(MachineExamination.space("x", folder, 1 << 20).outcome()).isEqualTo(Outcome.PROBLEM);
        assertThat(MachineExamination.space("x", folder, GIGABYTE).outcome()).isEqualTo(Outcome.WARNING);
        assertThat(MachineExamination.space("x", folder, 20 * GIGABYTE).outcome())
                .isEqualTo(Outcome.FINE);
    }

    @Test
    void aPortThatIsTakenIsAProblem() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Diagnosis found = MachineExamination.port("node port", "127.0.0.1", taken.getLocalPort(), "the.key");

            assertThat(found.outcome()).isEqualTo(Outcome.PROBLEM);
            assertThat(found.detail()).contains("127.0.0.1:" + taken.getLocalPort());
            assertThat(found.advice()).contains("set the.key");
        }
    }

    @Test
    void aClockThatIsFarFromTheDatabasesIsAProblem() {
        Instant after = NOON.plusMillis(20);

        assertThat(DatabaseExamination.clock(NOON, after, NOON.plusMillis(10)).detail())
                .isEqualTo("agrees with the database's clock");
        Diagnosis behind = DatabaseExamination.clock(NOON, after, after.plusSeconds(3));
        assertThat(behind.outcome()).isEqualTo(Outcome.PROBLEM);
        assertThat(behind.detail()).isEqualTo("3.0 s behind the database's clock");
        assertThat(DatabaseExamination.clock(NOON, after, NOON.minusSeconds(1)).detail())
                .isEqualTo("1.0 s ahead of the database's clock");
    }
}
