package io.nightshift.protocol.wire;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.SourceFile;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/// Size limits of messages between nodes and of their parts, in bytes.
///
/// The transport drops a frame of more than 256 KiB, so a message stays below that. The largest message is
/// the lease, which holds a job and the slices of a partition; their limits together keep it within a
/// message.
public final class WireLimits {

    /// The largest message: 16 KiB less than a frame, for the transport's envelope and the actors' addresses.
    public static final int MESSAGE = 240 * 1024;

    /// The bytes that a message may add to the one record that it carries.
    private static final int ENVELOPE = 64;

    /// The largest job.
    public static final int JOB = 128 * 1024;

    /// The largest text of a job file in a message, in UTF-8: what a submission leaves of a message.
    public static final int JOB_TEXT = 224 * 1024;

    /// The most that all slices of a partition may take, as [#sliceBytes(SourceFile)] counts them.
    public static final int SLICES = 96 * 1024;

    /// The most that a slice takes in addition to its file's path and schema.
    private static final int SLICE = 96 + SourceFile.TAG_DIGITS;

    /// The most that a cut takes in addition to its texts, with the number of its rows.
    private static final int CUT = 32;

    private WireLimits() {}

    /// Whether a message can carry a record.
    ///
    /// @param value a record of a class in [WireTypes] that holds no actor
    public static boolean fits(Record value) {
        return WireCodec.sizeOf(value) <= MESSAGE - ENVELOPE;
    }

    /// The most that a slice of the file takes in a message.
    ///
    /// @param file the sliced file; its path and its schema determine the size
    public static int sliceBytes(SourceFile file) {
        return SLICE + bytes(file.path()) + (file.schema() == null ? 0 : bytes(file.schema()));
    }

    /// The most that a slice of a cut takes in a message, without its file.
    ///
    /// @param cut the cut
    public static int cutBytes(Cut cut) {
        return CUT + bytes(cut.condition()) + (cut.value() == null ? 0 : bytes(cut.value()));
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /// Why a job is too large for a message, in a sentence for its author; empty if it isn't.
    ///
    /// @param job a validated job
    public static Optional<String> refusal(Job job) {
        long bytes = WireCodec.sizeOf(job);
        return bytes <= JOB
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "The job takes %,d bytes, and at most %,d can be sent to a node; name its files by a folder or"
                                + " a glob, and shorten its expressions.",
                        bytes,
                        JOB));
    }

    /// Why the text of a job file is too large for a message, in a sentence for its author; empty if it
    /// isn't.
    ///
    /// @param jobText the text of the job file
    public static Optional<String> refusal(String jobText) {
        int bytes = jobText.getBytes(StandardCharsets.UTF_8).length;
        return bytes <= JOB_TEXT
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "The job file has %,d bytes, and a message can carry at most %,d; name its files by a folder"
                                + " or a glob, and shorten its expressions and comments.",
                        bytes,
                        JOB_TEXT));
    }
}
