package io.nightshift.coordinator.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A disk, and the memory of an operating system in front of it. A power cut keeps what was forced. Of all
/// else, the disk may have written any sectors, in any order.
final class PowerCut {

    private static final int SECTOR = 512;

    private byte[] durable;
    private final List<FileOperation> pending = new ArrayList<>();

    /// @param durable what the disk holds
    PowerCut(byte[] durable) {
        this.durable = durable.clone();
    }

    void apply(FileOperation operation) {
        switch (operation) {
            case FileOperation.Force force -> {
                for (FileOperation one : pending) {
                    durable = applied(durable, one, null);
                }
                pending.clear();
            }
            case FileOperation.Acknowledge acknowledged -> {}
            default -> pending.add(operation);
        }
    }

    /// The content of the disk if the power were cut now.
    ///
    /// @param chance decides which sectors were written; null if all that could be lost is lost
    byte[] image(@Nullable RandomGenerator chance) {
        byte[] image = durable.clone();
        if (chance != null) {
            for (FileOperation one : pending) {
                image = applied(image, one, chance);
            }
        }
        return image;
    }

    private static byte[] applied(byte[] before, FileOperation operation, @Nullable RandomGenerator chance) {
        return switch (operation) {
            case FileOperation.Truncate(long size) ->
                chance == null || chance.nextBoolean()
                        ? Arrays.copyOf(before, (int) Math.min(size, before.length))
                        : before;
            case FileOperation.Write(long position, byte[] bytes) -> written(before, (int) position, bytes, chance);
            case FileOperation.Force force -> before;
            case FileOperation.Acknowledge acknowledged -> before;
        };
    }

    private static byte[] written(byte[] before, int position, byte[] bytes, @Nullable RandomGenerator chance) {
        byte[] after = before;
        for (int at = 0; at < bytes.length; ) {
            int next = Math.min(bytes.length, at + SECTOR - (position + at) % SECTOR);
            if (chance == null || chance.nextBoolean()) {
                after = after.length < position + next ? Arrays.copyOf(after, position + next) : after;
                System.arraycopy(bytes, at, after, position + at, next - at);
            }
            at = next;
        }
        return after;
    }
}
