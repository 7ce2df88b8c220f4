package io.nightshift.redis.destination;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailureException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The entry of a partition on the server: the attempt that wrote it, and its output. [#text] is the value in the
/// hash of the parts.
///
/// @param epoch of the attempt, as [#epoch] writes it
/// @param output the counts and digests, as [#output] writes them
/// @param predictedAt when the attempt began, in ISO 8601
/// @param model the name and the version of the model, with a space between
record CommittedPart(String epoch, String output, String predictedAt, String model) {

    private static final int LINES = 4;

    /// An epoch as a text whose order is that of the epochs.
    static String epoch(Epoch epoch) {
        return String.format(Locale.ROOT, "%010d-%010d", epoch.incarnation(), epoch.lease());
    }

    static String output(@Nullable OutputFile predictions, @Nullable OutputFile quarantine) {
        return described(predictions) + ", " + described(quarantine);
    }

    private static String described(@Nullable OutputFile file) {
        return file == null || file.rows() == 0
                ? "nothing"
                : "%d rows of %d bytes with the digest %s".formatted(file.rows(), file.bytes(), file.sha256());
    }

    /// Epoch and output according to the ledger, for comparison with [#written].
    static String written(PartitionCommit commit) {
        return epoch(commit.epoch()) + ": " + output(commit.part(), commit.quarantine());
    }

    /// Epoch and output.
    String written() {
        return epoch + ": " + output;
    }

    String text() {
        return String.join("\n", epoch, output, predictedAt, model);
    }

    static CommittedPart of(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length != LINES) {
            throw FailureException.permanent("the record of a partition was changed: " + text);
        }
        return new CommittedPart(lines[0], lines[1], lines[2], lines[3]);
    }
}
