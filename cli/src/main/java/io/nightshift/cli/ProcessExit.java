package io.nightshift.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Ends the process at once.
///
/// [Runtime#halt] waits before it ends the process: 0.3 s for threads in native code, one of which always
/// waits for the network, and until the compilers are done. The C library's `_exit` waits for no thread.
public final class ProcessExit {

    /// Set when the JVM should write a start-up cache, which it does only in an orderly halt.
    private static final String ORDERLY = "nightshift.exit.orderly";

    private static volatile @Nullable MethodHandle exit;

    private ProcessExit() {}

    /// Looks up `_exit`. The lookup is slow, so it also runs while the start-up cache is written. Without
    /// `_exit`, and before the lookup has ended, [#now] halts the JVM.
    @SuppressWarnings("restricted") // the launcher grants native access
    public static void prepare() {
        Linker linker = Linker.nativeLinker();
        exit = linker.defaultLookup()
                .find("_exit")
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)))
                .orElse(null);
    }

    /// Ends the process without running shutdown hooks. Does not return.
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
