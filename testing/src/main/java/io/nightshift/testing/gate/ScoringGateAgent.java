package io.nightshift.testing.gate;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The part of a [ScoringGate] that runs in the program: it makes each attempt wait before it scores its first
/// rows. The program has this class and no other one of the tests.
///
/// It changes the method that calls the scorer: of [#CONTROL] in this build, of [#ATTEMPT] in an earlier one. If
/// there is no such method, the process ends with a message, because a gate that holds nothing would let a test
/// pass for the wrong reason.
public final class ScoringGateAgent implements ClassFileTransformer {

    /// The folder of files that are named after the process and thread that wait.
    static final String WAITING = "waiting";

    /// The folder of files that are named after the number of an admission.
    static final String ADMITTED = "admitted";

    /// The file with the number of admissions, and in a second line, how the names of the held batches begin. If it
    /// does not exist, the gate is open.
    static final String LIMIT = "limit";

    private static final String ATTEMPT = "io/nightshift/worker/partition/PartitionAttempt";
    private static final String CONTROL = "io/nightshift/worker/partition/AttemptControl";
    private static final String SCORER = "io/nightshift/scoring/model/Scorer";
    private static final long PAUSE_NANOS = 5_000_000;

    private static volatile Path folder = Path.of("");

    /// The attempts that have passed.
    private static final Set<Object> PASSED =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private ScoringGateAgent() {}

    /// Attaches the gate to this process, and becomes the program.
    ///
    /// @param words the jar with this class, the gate's folder, the program's main class, and its arguments
    public static void main(String[] words) throws Exception {
        attach(words[0], words[1]);
        String[] program = Arrays.copyOfRange(words, 2, words.length);
        // By these words, the program describes its process.
        System.setProperty("sun.java.command", String.join(" ", program));
        Class.forName(program[0]).getMethod("main", String[].class).invoke(null, (Object)
                Arrays.copyOfRange(program, 1, program.length));
    }

    /// Makes a gate hold this process.
    ///
    /// @param jar with this class
    /// @param gate the gate's folder
    static void attach(String jar, String gate) throws Exception {
        VirtualMachine self =
                VirtualMachine.attach(String.valueOf(ProcessHandle.current().pid()));
        try {
            self.loadAgent(jar, gate);
        } finally {
            self.detach();
        }
    }

    /// Called by the JVM before `main`.
    public static void premain(String gate, Instrumentation instrumentation) throws UnmodifiableClassException {
        agentmain(gate, instrumentation);
    }

    /// Called by the JVM when a gate is attached to the running process.
    public static synchronized void agentmain(String gate, Instrumentation instrumentation)
            throws UnmodifiableClassException {
        boolean isFirst = folder.toString().isEmpty();
        folder = Path.of(gate);
        if (!isFirst) {
            return;
        }
        instrumentation.addTransformer(new ScoringGateAgent(), true);
        for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
            if (isGated(loaded.getName().replace('.', '/'))) {
                instrumentation.retransformClasses(loaded);
            }
        }
    }

    private static boolean isGated(String name) {
        return name.equals(CONTROL) || name.equals(ATTEMPT);
    }

    /// Waits until the gate lets an attempt through, or the attempt is cancelled. Called on a scoring thread.
    ///
    /// @param attempt the attempt's object whose method calls the scorer
    public static void pass(Object attempt) {
        try {
            if (PASSED.contains(attempt) || isAdmitted(attempt)) {
                PASSED.add(attempt);
                return;
            }
            Field cancelled = attempt.getClass().getDeclaredField("cancelled");
            cancelled.setAccessible(true);
            Path waiting = folder.resolve(WAITING)
                    .resolve("%d-%d"
                            .formatted(
                                    ProcessHandle.current().pid(),
                                    Thread.currentThread().threadId()));
            Files.createFile(waiting);
            try {
                while (!cancelled.getBoolean(attempt) && !isAdmitted(attempt)) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } finally {
                Files.deleteIfExists(waiting);
            }
            PASSED.add(attempt);
        } catch (IOException | ReflectiveOperationException e) {
            throw fail("the gate of the tests fails: " + e);
        }
    }

    private static boolean isAdmitted(Object attempt) throws IOException, ReflectiveOperationException {
        Path gate = folder;
        String[] lines;
        try {
            lines = Files.readString(gate.resolve(LIMIT)).split("\n", -1);
        } catch (NoSuchFileException e) {
            return true;
        }
        // It begins with the name of the attempt.
        Method doing = attempt.getClass().getDeclaredMethod("doing");
        doing.setAccessible(true);
        if (!((String) doing.invoke(attempt)).startsWith(lines[1])) {
            return true;
        }
        int limit = Integer.parseInt(lines[0]);
        for (int i = 1; i <= limit; i++) {
            try {
                Files.createFile(gate.resolve(ADMITTED).resolve(String.valueOf(i)));
                return true;
            } catch (FileAlreadyExistsException e) {
                // Another attempt has used this admission.
            }
        }
        return false;
    }

    private static IllegalStateException fail(String problem) {
        System.err.println(problem);
        Runtime.getRuntime().halt(99);
        return new IllegalStateException(problem);
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            String name,
            @Nullable Class<?> redefined,
            ProtectionDomain domain,
            byte[] code) {
        if (!isGated(name)) {
            return null;
        }
        try {
            return gated(code);
        } catch (RuntimeException e) {
            // The JVM would ignore it.
            throw fail("the gate of the tests can't be built into %s: %s".formatted(name, e));
        }
    }

    private static byte @Nullable [] gated(byte[] code) {
        ClassFile file = ClassFile.of();
        ClassModel model = file.parse(code);
        if (model.methods().stream().noneMatch(ScoringGateAgent::isScoring)) {
            if (leavesScoringToControl(model)) {
                return null;
            }
            throw new IllegalStateException("none of its methods calls " + SCORER);
        }
        return file.transformClass(
                model, ClassTransform.transformingMethodBodies(ScoringGateAgent::isScoring, (builder, element) -> {
                    if (isCallOfScorer(element)) {
                        builder.aload(builder.receiverSlot())
                                .invokestatic(
                                        ClassDesc.of(ScoringGateAgent.class.getName()),
                                        "pass",
                                        MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object));
                    }
                    builder.with(element);
                }));
    }

    /// Whether it is the attempt of a build whose attempts have a control.
    private static boolean leavesScoringToControl(ClassModel model) {
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof ClassEntry named
                    && named.asInternalName().equals(CONTROL)
                    && !model.thisClass().asInternalName().equals(CONTROL)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isScoring(MethodModel method) {
        return !method.flags().has(AccessFlag.STATIC)
                && method.code()
                        .map(code -> code.elementStream().anyMatch(ScoringGateAgent::isCallOfScorer))
                        .orElse(false);
    }

    private static boolean isCallOfScorer(CodeElement element) {
        return element instanceof InvokeInstruction call
                && call.owner().asInternalName().equals(SCORER)
                && call.name().equalsString("score");
    }
}
