package io.nightshift.system.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Random changes of valid inputs. The same seed gives the same inputs.
final class ChangedInputs {

    /// Texts and numbers on which readers often fail.
    private static final List<byte[]> PIECES = List.of(
            new byte[] {0},
            new byte[] {-1},
            new byte[] {(byte) 0x7f, -1, -1, -1},
            new byte[] {(byte) 0x80, 0, 0, 0},
            new byte[] {-1, -1, -1, -1, -1, -1, -1, -1},
            bytes("-1"),
            bytes("9999999999999999999"),
            bytes("1e999"),
            bytes("NaN"),
            bytes("null"),
            bytes("\""),
            bytes("{"),
            bytes("["),
            bytes("&a *a"),
            bytes("\r\n"),
            bytes("%00"),
            bytes("../"));

    private final List<byte[]> seeds;
    private final Random random;

    ChangedInputs(List<byte[]> seeds, long seed) {
        this.seeds = seeds;
        this.random = new Random(seed);
    }

    /// A seed with one to four changes.
    byte[] next() {
        byte[] input = any(seeds).clone();
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            input = changed(input);
        }
        return input;
    }

    private byte[] changed(byte[] input) {
        if (input.length == 0) {
            return any(PIECES).clone();
        }
        int at = random.nextInt(input.length);
        int end = Math.min(input.length, at + 1 + random.nextInt(16));
        byte[] empty = {};
        return switch (random.nextInt(6)) {
            case 0 -> spliced(input, at, at + 1, new byte[] {(byte) (input[at] ^ 1 << random.nextInt(8))});
            case 1 -> spliced(input, at, at, any(PIECES));
            case 2 -> spliced(input, at, end, any(PIECES));
            case 3 -> spliced(input, at, end, empty);
            case 4 -> spliced(input, at, at, Arrays.copyOfRange(input, at, end));
            default -> {
                byte[] other = any(seeds);
                int from = random.nextInt(other.length);
                yield spliced(input, at, end, Arrays.copyOfRange(other, from, Math.min(other.length, from + 64)));
            }
        };
    }

    /// The input with another piece in place of the bytes from `start` to `end`.
    private static byte[] spliced(byte[] input, int start, int end, byte[] piece) {
        byte[] result = new byte[input.length - (end - start) + piece.length];
        System.arraycopy(input, 0, result, 0, start);
        System.arraycopy(piece, 0, result, start, piece.length);
        System.arraycopy(input, end, result, start + piece.length, input.length - end);
        return result;
    }

    private byte[] any(List<byte[]> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
