package io.nightshift.cli.doctor;

import io.nightshift.node.MemoryBudget;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.endpoint.Diagnosis;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Examines the process and its machine: Java, memory, folders, ports and native libraries.
final class MachineExamination {

    private static final long MEGABYTE = 1 << 20;

    /// A batch needs the overhead of one process, and room for one scoring thread.
    private static final long LEAST_MEMORY = 768 * MEGABYTE;

    private static final long LEAST_SPACE = 100 * MEGABYTE;
    private static final long ENOUGH_SPACE = 2048 * MEGABYTE;

    private MachineExamination() {}

    static Diagnosis java() {
        return Diagnosis.fine(
                "java",
                "%s, %s, in %s"
                        .formatted(
                                Runtime.version(),
                                System.getProperty("java.vm.vendor"),
                                System.getProperty("java.home")));
    }

    /// The memory of the machine, or of the container that limits this process.
    static Diagnosis memory() {
        return memory(
                MemoryBudget.total(),
                MemoryBudget.ofMachine(),
                Runtime.getRuntime().maxMemory());
    }

    /// @param limit that the process may use, in bytes
    /// @param machine the machine's own memory, or null if it is not known
    /// @param heap the most that the JVM's heap may take
    static Diagnosis memory(long limit, @Nullable Long machine, long heap) {
        // The kernel keeps some of the machine's memory for itself.
        boolean isLimited = machine != null && limit < machine - machine / 20;
        String found = "%s%s, of which %s are for the heap"
                .formatted(megabytes(limit), isLimited ? container(machine) : "", megabytes(heap));
        if (limit < LEAST_MEMORY) {
            return Diagnosis.problem(
                    "memory",
                    found,
                    "Give the %s at least %s.".formatted(isLimited ? "container" : "machine", megabytes(LEAST_MEMORY)));
        }
        return heap > limit / 4 * 3
                ? Diagnosis.problem(
                        "memory",
                        found,
                        "Leave at least a quarter of the memory to DuckDB: lower -Xmx in NIGHTSHIFT_OPTS.")
                : Diagnosis.fine("memory", found);
    }

    private static String container(@Nullable Long machine) {
        return machine == null ? "" : " (the container's limit; the machine has %s)".formatted(megabytes(machine));
    }

    private static String megabytes(long bytes) {
        return "%,d MB".formatted(bytes / MEGABYTE);
    }

    /// Whether a folder, or the nearest folder above it, can be written, and has space.
    ///
    /// @param what the folder is for
    static Diagnosis folder(String what, Path folder) {
        Path wanted = folder.toAbsolutePath().normalize();
        Optional<String> obstacle = Folders.obstacle(wanted);
        if (obstacle.isPresent()) {
            return Diagnosis.problem(
                    what,
                    "%s can't be written".formatted(wanted),
                    "Give this user the permission to write there, or choose another folder.");
        }
        Path existing = nearestFolder(wanted);
        try {
            probe(existing);
            // Not the file store: in a chroot, the folder's mount point is not listed.
            return space(what, wanted, existing.toFile().getUsableSpace());
        } catch (IOException e) {
            return Diagnosis.problem(
                    what,
                    "%s can't be written: %s".formatted(wanted, Folders.reason(e)),
                    "Check that the file system is mounted for writing, and has space.");
        }
    }

    private static Path nearestFolder(Path folder) {
        Path parent = folder.getParent();
        return Files.isDirectory(folder) || parent == null ? folder : nearestFolder(parent);
    }

    /// Only a write shows that a mount can be written: permissions don't know of read-only mounts and quotas.
    private static void probe(Path folder) throws IOException {
        Path file = Files.createTempFile(folder, ".nightshift-doctor-", "");
        try {
            Files.writeString(file, "nightshift doctor");
        } finally {
            Files.deleteIfExists(file);
        }
    }

    static Diagnosis space(String what, Path folder, long usable) {
        String found = "%s, %s free".formatted(folder, megabytes(usable));
        if (usable < LEAST_SPACE) {
            return Diagnosis.problem(what, found, "Free some space, or choose another folder.");
        }
        return usable < ENOUGH_SPACE
                ? Diagnosis.warning(what, found, "A large batch may need more space for its output and for sorting.")
                : Diagnosis.fine(what, found);
    }

    /// Whether a node could listen at an address.
    ///
    /// @param key the configuration's key of the port
    static Diagnosis port(String what, String host, int port, String key) {
        String address = host + ":" + port;
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return Diagnosis.fine(what, address + " is free");
        } catch (IOException e) {
            return Diagnosis.problem(
                    what,
                    "%s can't be used: %s".formatted(address, e.getMessage()),
                    "If a node runs here already, this is expected. Otherwise stop the process that uses the port, or set %s."
                            .formatted(key));
        }
    }

    static Diagnosis duckDb(Path spill) {
        try (DuckDb duckDb = DuckDb.open(64 * MEGABYTE, spill);
                Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT version()")) {
            row.next();
            return Diagnosis.fine("duckdb", row.getString(1));
        } catch (SQLException | FailureException | UnsatisfiedLinkError | NoClassDefFoundError e) {
            return Diagnosis.problem(
                    "duckdb",
                    "DuckDB can't be loaded: " + e.getMessage(),
                    "Use the distribution for this platform; on Linux it needs glibc.");
        }
    }

    /// ONNX Runtime is optional, so its absence is no problem.
    static Diagnosis onnxRuntime() {
        boolean isPresent =
                MachineExamination.class.getClassLoader().getResource("ai/onnxruntime/OrtEnvironment.class") != null;
        return Diagnosis.fine(
                "onnx runtime",
                isPresent
                        ? "installed"
                        : "not installed; only ONNX models other than trees and linear models need it (tools/get-onnxruntime.sh)");
    }
}
