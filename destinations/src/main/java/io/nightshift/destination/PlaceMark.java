package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;

/// The content of a destination's mark. Its first line is the batch that made it. Such a mark may stand below a
/// mount point: if a batch ran without the mount, the earlier batches are elsewhere.
public final class PlaceMark {

    private PlaceMark() {}

    /// The content.
    ///
    /// @param batch that makes the mark
    /// @param explanation for people
    public static byte[] of(BatchId batch, String explanation) {
        return (batch + "\n" + explanation).getBytes(StandardCharsets.UTF_8);
    }

    /// Whether a mark proves that this is the place of a batch: that was made by a person, who leaves it empty, or
    /// by a batch that was not submitted later.
    public static boolean proves(byte[] mark, BatchId batch) {
        String text = new String(mark, StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        String first = end < 0 ? text : text.substring(0, end);
        return !BatchId.isValid(first) || !new BatchId(first).isSubmittedAfter(batch);
    }
}
