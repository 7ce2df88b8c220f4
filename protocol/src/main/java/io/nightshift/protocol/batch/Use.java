package io.nightshift.protocol.batch;

/// The resources that one or more attempts have used on their nodes. Numbers are 0 or more.
///
/// DuckDB, the model and the writing of output all run on the scoring thread of the attempt, so its processor
/// time is that of the attempt. Time on a scoring thread is processor time, time in which the thread waited
/// for reads or for writes, and the rest: time in which it waited for a processor.
///
/// @param processor processor time of the scoring threads, in microseconds
/// @param elapsed time on the scoring threads, in microseconds
/// @param reading time in which the scoring threads waited for input, in microseconds
/// @param writing time in which the scoring threads waited for storage or a database to take output, in
///     microseconds
/// @param read bytes read from the source
/// @param written bytes written to the destination
public record Use(long processor, long elapsed, long reading, long writing, long read, long written) {

    /// Nothing was used.
    public static final Use NONE = new Use(0, 0, 0, 0, 0, 0);

    /// The highest bits of a number that [#rounded()] keeps.
    private static final int KEPT_BITS = 11;

    public Use {
        if (processor < 0 || elapsed < 0 || reading < 0 || writing < 0 || read < 0 || written < 0) {
            throw new IllegalArgumentException(
                    "negative: %d, %d, %d, %d, %d, %d".formatted(processor, elapsed, reading, writing, read, written));
        }
    }

    /// The sum of two uses.
    ///
    /// @param other the use to add
    public Use plus(Use other) {
        return new Use(
                processor + other.processor,
                elapsed + other.elapsed,
                reading + other.reading,
                writing + other.writing,
                read + other.read,
                written + other.written);
    }

    /// The difference of two uses; no number of it is below 0.
    ///
    /// @param other the use to subtract
    public Use minus(Use other) {
        return new Use(
                Math.max(0, processor - other.processor),
                Math.max(0, elapsed - other.elapsed),
                Math.max(0, reading - other.reading),
                Math.max(0, writing - other.writing),
                Math.max(0, read - other.read),
                Math.max(0, written - other.written));
    }

    /// The use with its numbers rounded to within 0.05 %, so that a batch of a million partitions can keep
    /// each partition's in 12 bytes.
    public Use rounded() {
        return new Use(
                rounded(processor),
                rounded(elapsed),
                rounded(reading),
                rounded(writing),
                rounded(read),
                rounded(written));
    }

    private static long rounded(long number) {
        return unpack(pack(number));
    }

    /// A number of 0 or more in 16 bits: its highest bits, and how many bits follow them.
    ///
    /// @param number the number; 4 · 10¹² or more becomes about that
    public static short pack(long number) {
        int dropped = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(number) - KEPT_BITS - 1);
        long half = dropped == 0 ? 0 : 1L << (dropped - 1);
        // Rounding up may give one bit more.
        long kept = (number + half) >>> dropped;
        if (kept >>> (KEPT_BITS + 1) != 0) {
            kept >>>= 1;
            dropped++;
        }
        int exponent = kept >>> KEPT_BITS == 0 ? 0 : dropped + 1;
        return exponent > 31 ? -1 : (short) (exponent << KEPT_BITS | (int) (kept & ((1 << KEPT_BITS) - 1)));
    }

    /// The number that [#pack] has packed, rounded.
    ///
    /// @param packed the 16 bits
    public static long unpack(short packed) {
        int exponent = (packed & 0xFFFF) >>> KEPT_BITS;
        long mantissa = packed & ((1 << KEPT_BITS) - 1);
        return exponent == 0 ? mantissa : (mantissa | 1L << KEPT_BITS) << (exponent - 1);
    }
}
