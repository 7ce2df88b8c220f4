package io.nightshift.cli.train;

import io.nightshift.scoring.training.TrainingColumn;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// Rows to train on, in memory, and what was left out of them.
///
/// @param source what was read, in words
/// @param features without a missing value
/// @param targetType DuckDB's name for the target's type
/// @param rows that the source's condition let through
/// @param withoutTarget of those, how many have no target
/// @param withoutFeature of the rest, how many have no finite value in some feature
/// @param unusable columns that were not asked for by name and can't be features, each with the reason
public record TrainingTable(
        String source,
        List<TrainingColumn> features,
        TrainingColumn target,
        String targetType,
        long rows,
        long withoutTarget,
        long withoutFeature,
        List<String> unusable) {

    /// Whether not all usable rows were taken.
    public boolean isSampled() {
        return target.rows() < rows - withoutTarget - withoutFeature;
    }

    /// The SHA-256 of all values, in hexadecimal digits: the same rows have the same digest, wherever they
    /// were read from.
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            features.forEach(column -> update(digest, column));
            update(digest, target);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void update(MessageDigest digest, TrainingColumn column) {
        update(digest, column.name());
        switch (column) {
            case TrainingColumn.Numbers(String name, double[] values) -> {
                ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES);
                for (double value : values) {
                    digest.update(bytes.putDouble(0, value).array());
                }
            }
            case TrainingColumn.Categories(String name, List<String> levels, int[] positions) -> {
                levels.forEach(level -> update(digest, level));
                ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES);
                for (int position : positions) {
                    digest.update(bytes.putInt(0, position).array());
                }
            }
        }
    }

    private static void update(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length).array());
        digest.update(bytes);
    }
}
