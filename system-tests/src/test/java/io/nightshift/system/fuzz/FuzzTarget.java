package io.nightshift.system.fuzz;

import java.io.IOException;
import java.util.List;

/// Code that reads bytes which a stranger may have written.
///
/// A target is used by one thread.
interface FuzzTarget extends AutoCloseable {

    /// The longest input that the fuzzer makes; it would cut off longer seeds. `bench/fuzz.sh` has the same number.
    int MAX_BYTES = 65_536;

    /// Valid inputs, which the fuzzer changes. At least one, and none longer than [#MAX_BYTES].
    List<byte[]> seeds();

    /// Reads a seed, and throws an exception if the code refuses it, where every seed has to be accepted.
    default void accept(byte[] seed) throws Throwable {
        read(seed);
    }

    /// Reads an input. Returns if the code accepts the input, or refuses it as its contract says.
    ///
    /// @throws Throwable anything else that the code throws: a finding
    void read(byte[] input) throws Throwable;

    /// How often the short form reads a changed input: in one of so many cases. More than 1 for a slow target.
    default int slowness() {
        return 1;
    }

    @Override
    default void close() throws IOException {}
}
