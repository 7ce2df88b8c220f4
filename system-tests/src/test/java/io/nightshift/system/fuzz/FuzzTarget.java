package io.nightshift.system.fuzz;

import java.util.List;

/// Code that reads bytes which a stranger may have written.
///
/// A target is used by one thread.
interface FuzzTarget {

    /// Valid inputs, which the fuzzer changes. At least one.
    List<byte[]> seeds();

    /// Reads an input. Returns if the code accepts the input, or refuses it as its contract says.
    ///
    /// @throws Throwable anything else that the code throws: a finding
    void read(byte[] input) throws Throwable;
}
