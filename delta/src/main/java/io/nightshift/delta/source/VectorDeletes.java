package io.nightshift.delta.source;

import io.delta.kernel.internal.actions.DeletionVectorDescriptor;
import io.nightshift.source.lake.LakeDeletes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;

/// The deletes of a data file: its deletion vector.
record VectorDeletes(DeletionVectors vectors, TableFolder folder, DeletionVectorDescriptor vector)
        implements LakeDeletes {

    /// The digits of a digest that are kept.
    private static final int DIGITS = 32;

    @Override
    public String digest() {
        String line = "%s\t%d\t%d".formatted(vector.getUniqueId(), vector.getSizeInBytes(), vector.getCardinality());
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void positions(BitSet deleted) {
        vectors.read(folder, vector, deleted);
    }

    @Override
    public List<Keys> keys() {
        return List.of();
    }
}
