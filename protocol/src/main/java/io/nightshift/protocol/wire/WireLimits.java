package io.nightshift.protocol.wire;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/// How large what crosses from node to node may be. The transport drops a frame above 256 KiB; so a
/// message is kept below that, and its two large parts, a job and a partition's slices, below what
/// fits together into a lease.
public final class WireLimits {

    /// A message, in bytes; 16 KiB less than a frame, for its envelopes and addresses.
    public static final int MESSAGE = 240 * 1024;

    /// What a message may add to what it holds.
    private static final int ENVELOPE = 64;

    /// A job, in bytes.
    public static final int JOB = 128 * 1024;

    /// All slices of a partition, in bytes as [#sliceBytes(SourceFile)] counts them.
    public static final int SLICES = 96 * 1024;

    /// What a slice needs besides its file's path, at most.
    private static final int SLICE = 80;

    private WireLimits() {}

    /// Whether a message can hold a record, with something to spare for what it comes in.
    public static boolean fits(Record value) {
        return Codec.sizeOf(value) <= MESSAGE - ENVELOPE;
    }

    /// The most that a slice of the file needs in a message.
    public static int sliceBytes(SourceFile file) {
        return SLICE + file.path().getBytes(StandardCharsets.UTF_8).length;
    }

    /// Why a job can't be given to the cluster, in a sentence for its author; empty if it can.
    public static Optional<String> refusal(Job job) {
        long bytes = Codec.sizeOf(job);
        return bytes <= JOB
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "The job takes %,d bytes, and at most %,d can be sent to a node; name its files by a folder or"
                                + " a glob, and shorten its expressions.",
                        bytes,
                        JOB));
    }
}
