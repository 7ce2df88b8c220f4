package io.nightshift.testing.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/// A gate that partitions pass before their first rows are scored. While it is closed, an attempt that has read
/// rows waits at the gate with its lease, and uses no processor time. So a test can hold a batch at a known state:
/// «3 partitions are committed, the others wait», on a slow machine as on a fast one.
///
/// One gate holds all processes that were started with its [#main] or its [#option], and this process after
/// [#attach]. The gate and the processes communicate by a folder, which [ScoringGateAgent] reads. A process that is
/// cancelled, killed or asked to end does not wait at the gate.
///
/// Each attempt that passes a closed gate uses up one admission, also if it fails later. An attempt that waits for
/// longer than `nightshift.worker.stall-after` is cancelled.
public final class ScoringGate {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path folder;
    private final Path agent;
    private int admitted;

    /// The prefix of the names of the held batches.
    private String held = "";

    private ScoringGate(Path folder, Path agent) {
        this.folder = folder;
        this.agent = agent;
    }

    /// A gate that lets nothing through.
    ///
    /// @param folder is created, with the gate's files
    public static ScoringGate closed(Path folder) throws IOException {
        ScoringGate gate = opened(folder);
        gate.close();
        return gate;
    }

    /// A gate that lets everything through.
    ///
    /// @param folder is created, with the gate's files
    public static ScoringGate opened(Path folder) throws IOException {
        Path files = Files.createDirectories(folder).toAbsolutePath();
        Files.createDirectory(files.resolve(ScoringGateAgent.WAITING));
        Files.createDirectory(files.resolve(ScoringGateAgent.ADMITTED));
        Path agent = files.resolve("agent.jar");
        write(agent);
        return new ScoringGate(files, agent);
    }

    /// A jar with the agent alone: the program must see no other class of the tests.
    private static void write(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Premain-Class", ScoringGateAgent.class.getName());
        attributes.putValue("Agent-Class", ScoringGateAgent.class.getName());
        attributes.putValue("Can-Retransform-Classes", "true");
        String entry = ScoringGateAgent.class.getName().replace('.', '/') + ".class";
        try (InputStream code = Objects.requireNonNull(
                        ScoringGate.class.getClassLoader().getResourceAsStream(entry));
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.putNextEntry(new JarEntry(entry));
            code.transferTo(out);
        }
    }

    /// The option of the JVM for a process that the gate holds. With it, the JVM uses no start-up cache.
    public String option() {
        return "-javaagent:%s=%s".formatted(agent, folder);
    }

    /// The main class and its first arguments, for a process that the gate holds and that uses a start-up cache.
    /// The process needs the [#jar] and the [#options].
    ///
    /// @param program the main class of the program
    public List<String> main(String program) {
        return List.of(ScoringGateAgent.class.getName(), agent.toString(), folder.toString(), program);
    }

    /// The jar that is last on the class path of a process with the main class of the gate.
    public Path jar() {
        return agent;
    }

    /// The options of the JVM for a process with the main class of the gate.
    public List<String> options() {
        return List.of("-Djdk.attach.allowAttachSelf=true", "-XX:+EnableDynamicAgentLoading");
    }

    /// Makes the gate hold this process. It replaces the gate that held it before.
    public void attach() throws Exception {
        ScoringGateAgent.attach(agent.toString(), folder.toString());
    }

    /// Lets this number of further partitions through the closed gate, and holds the others.
    public void admit(int partitions) throws IOException {
        admitted += partitions;
        Path limit = Files.writeString(folder.resolve("new-limit"), admitted + "\n" + held);
        Files.move(limit, folder.resolve(ScoringGateAgent.LIMIT), StandardCopyOption.ATOMIC_MOVE);
    }

    /// Lets everything through from now on.
    public void open() throws IOException {
        Files.deleteIfExists(folder.resolve(ScoringGateAgent.LIMIT));
    }

    /// Holds all partitions that have not passed yet. What waited when the gate was opened passes first: it must
    /// not use up an admission of this closing.
    public void close() throws IOException {
        closeFor("");
    }

    /// Holds the partitions of a job's batches, and lets those of other jobs through.
    public void close(String job) throws IOException {
        closeFor(job + "-");
    }

    private void closeFor(String batches) throws IOException {
        if (Files.notExists(folder.resolve(ScoringGateAgent.LIMIT))) {
            awaitWaiting(0);
        }
        held = batches;
        try (Stream<Path> used = Files.list(folder.resolve(ScoringGateAgent.ADMITTED))) {
            admitted = (int) used.count();
        }
        admit(0);
    }

    /// How many attempts wait at the gate.
    public int waiting() throws IOException {
        try (Stream<Path> attempts = Files.list(folder.resolve(ScoringGateAgent.WAITING))) {
            return (int) attempts.filter(ScoringGate::isAlive).count();
        }
    }

    /// A process that was killed leaves its files behind.
    private static boolean isAlive(Path attempt) {
        long process = Long.parseLong(attempt.getFileName().toString().replaceFirst("-.*", ""));
        return ProcessHandle.of(process).isPresent();
    }

    /// Waits until this number of attempts waits at the gate.
    public void awaitWaiting(int attempts) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (waiting() != attempts) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("%d attempts wait at the gate, not %d".formatted(waiting(), attempts));
            }
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }
}
