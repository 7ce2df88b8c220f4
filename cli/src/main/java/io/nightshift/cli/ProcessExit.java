package io.nightshift.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Ends the process at once.
///
/// [Runtime#halt] waits before it does: 0.3 s for threads in native code, one of which always waits for the network,
/// and
/// as long as it takes for the compilers. The C library's `_exit` waits for nobody.
public final class ProcessExit {

    /// Set where the JVM is to write a start-up cache, which it does when it halts.
    private static final String ORDERLY = "nightshift.exit.orderly";

    private static volatile @Nullable MethodHandle exit;

    private ProcessExit() {}

    /// Finds `_exit`, which takes a while, so it is found where a cache is written, too. Without it, or until then, the
    /// JVM is halted.
    @SuppressWarnings("restricted") // the launcher grants native access
    public static void prepare() {
        Linker linker = Linker.nativeLinker();
        exit = linker.defaultLookup()
                .find("_exit")
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)))
                .orElse(null);
    }

    /// Doesn't return. Runs no shutdown hooks.
    ///
    /// @param status 0 to 255
    static void now(int status) {
        MethodHandle prepared = exit;
        if (prepared != null && !Boolean.getBoolean(ORDERLY)) {
            try {
                prepared.invokeExact(status);
            } catch (Throwable e) {
                Runtime.getRuntime().halt(status);
            }
        }
        Runtime.getRuntime().halt(status);
    }
}
