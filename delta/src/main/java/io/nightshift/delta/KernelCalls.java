package io.nightshift.delta;

import io.delta.kernel.exceptions.UnsupportedProtocolVersionException;
import io.delta.kernel.exceptions.UnsupportedTableFeatureException;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.FileNotFoundException;
import java.util.Optional;
import java.util.function.Supplier;

/// Calls of the kernel, whose exceptions become failures.
public final class KernelCalls {

    private KernelCalls() {}

    /// Translates the exceptions of the kernel into failures.
    ///
    /// @param doing what is impossible if the call fails, as the beginning of a message
    /// @param advice what to do about a table that the kernel does not support, as a sentence without its end
    public static <T> T call(String doing, String advice, Supplier<T> work) {
        try {
            return work.get();
        } catch (FailureException e) {
            throw e;
        } catch (UnsupportedTableFeatureException | UnsupportedProtocolVersionException e) {
            throw new FailureException(
                    Failure.permanent("%s: %s. %s".formatted(doing, String.valueOf(e.getMessage()), advice)), e);
        } catch (RuntimeException e) {
            throw causeOf(e)
                    .orElseGet(() -> new FailureException(
                            Failure.permanent(
                                    "%s: its log is damaged, or has something that Nightshift does not know: %s"
                                            .formatted(doing, innermost(e))),
                            e));
        }
    }

    /// The failure of the engine that the kernel has wrapped.
    public static Optional<FailureException> causeOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof FailureException known) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    /// The message of the first cause.
    public static String innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof FileNotFoundException
                ? "there is no file " + cause.getMessage()
                : String.valueOf(cause.getMessage());
    }
}
