package io.nightshift.scoring.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// A function that turns a text into a whole number by which a model knows the text.
public enum TextHash {
    /// CatBoost's: the low 32 bits, with their sign, of CityHash64 of the text's UTF-8 (Geoff Pike and Jyrki
    /// Alakuijala,
    /// «CityHash», 2011, version 1.0).
    CITY;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long K0 = 0xc3a5c85c97cb3127L;
    private static final long K1 = 0xb492b66fbe98f273L;
    private static final long K2 = 0x9ae16a3b2f90404fL;
    private static final long K3 = 0xc949d7c7509e6557L;
    private static final long MIX = 0x9ddfea08eb382d69L;

    /// The hash of a text: a whole number that a double holds.
    ///
    /// @param text the text; characters that are no Unicode text count as `?`
    public int of(String text) {
        return switch (this) {
            case CITY -> (int) city(text.getBytes(StandardCharsets.UTF_8));
        };
    }

    private static long city(byte[] text) {
        if (text.length <= 16) {
            return shortest(text);
        }
        if (text.length <= 32) {
            return upTo32(text);
        }
        return text.length <= 64 ? upTo64(text) : longer(text);
    }

    private static long shortest(byte[] text) {
        int length = text.length;
        if (length > 8) {
            long first = word(text, 0);
            long last = word(text, length - 8);
            return mixed(first, Long.rotateRight(last + length, length)) ^ last;
        }
        if (length >= 4) {
            return mixed(length + (half(text, 0) << 3), half(text, length - 4));
        }
        if (length == 0) {
            return K2;
        }
        long first = (text[0] & 0xff) + ((long) (text[length >> 1] & 0xff) << 8);
        long last = length + ((long) (text[length - 1] & 0xff) << 2);
        return folded(first * K2 ^ last * K3) * K2;
    }

    private static long upTo32(byte[] text) {
        int length = text.length;
        long a = word(text, 0) * K1;
        long b = word(text, 8);
        long c = word(text, length - 8) * K2;
        long d = word(text, length - 16) * K0;
        return mixed(
                Long.rotateRight(a - b, 43) + Long.rotateRight(c, 30) + d,
                a + Long.rotateRight(b ^ K3, 20) - c + length);
    }

    private static long upTo64(byte[] text) {
        int length = text.length;
        long z = word(text, 24);
        long a = word(text, 0) + (length + word(text, length - 16)) * K0;
        long b = Long.rotateRight(a + z, 52);
        long c = Long.rotateRight(a, 37);
        a += word(text, 8);
        c += Long.rotateRight(a, 7);
        a += word(text, 16);
        long frontSum = a + z;
        long frontMix = b + Long.rotateRight(a, 31) + c;
        a = word(text, 16) + word(text, length - 32);
        z = word(text, length - 8);
        b = Long.rotateRight(a + z, 52);
        c = Long.rotateRight(a, 37);
        a += word(text, length - 24);
        c += Long.rotateRight(a, 7);
        a += word(text, length - 16);
        long backSum = a + z;
        long backMix = b + Long.rotateRight(a, 31) + c;
        long all = folded((frontSum + backMix) * K2 + (backSum + frontMix) * K0);
        return folded(all * K0 + frontMix) * K2;
    }

    private static long longer(byte[] text) {
        int length = text.length;
        long x = word(text, 0);
        long y = word(text, length - 16) ^ K1;
        long z = word(text, length - 56) ^ K0;
        long[] v = new long[2];
        long[] w = new long[2];
        weak(text, length - 64, length, y, v);
        weak(text, length - 32, length * K1, K0, w);
        z += folded(v[1]) * K1;
        x = Long.rotateRight(z + x, 39) * K1;
        y = Long.rotateRight(y, 33) * K1;
        int end = (length - 1) & -64;
        for (int at = 0; at < end; at += 64) {
            x = Long.rotateRight(x + y + v[0] + word(text, at + 16), 37) * K1;
            y = Long.rotateRight(y + v[1] + word(text, at + 48), 42) * K1;
            x ^= w[1];
            y ^= v[0];
            z = Long.rotateRight(z ^ w[0], 33);
            weak(text, at, v[1] * K1, x + w[0], v);
            weak(text, at + 32, z + w[1], y, w);
            long swapped = z;
            z = x;
            x = swapped;
        }
        return mixed(mixed(v[0], w[0]) + folded(y) * K1 + z, mixed(v[1], w[1]) + x);
    }

    /// Hashes 32 bytes and two seeds into two numbers.
    private static void weak(byte[] text, int at, long first, long second, long[] into) {
        long a = first + word(text, at);
        long d = word(text, at + 24);
        long b = Long.rotateRight(second + a + d, 21);
        long c = a;
        a += word(text, at + 8);
        a += word(text, at + 16);
        b += Long.rotateRight(a, 44);
        into[0] = a + d;
        into[1] = b + c;
    }

    private static long mixed(long low, long high) {
        long a = (low ^ high) * MIX;
        a ^= a >>> 47;
        long b = (high ^ a) * MIX;
        b ^= b >>> 47;
        return b * MIX;
    }

    private static long folded(long value) {
        return value ^ (value >>> 47);
    }

    private static long word(byte[] text, int at) {
        return (long) LONG.get(text, at);
    }

    private static long half(byte[] text, int at) {
        return (int) INT.get(text, at) & 0xffffffffL;
    }
}
