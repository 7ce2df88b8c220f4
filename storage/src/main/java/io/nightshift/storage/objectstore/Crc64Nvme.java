package io.nightshift.storage.objectstore;

import java.util.zip.Checksum;

/// The checksum that Amazon S3 computes of every object: CRC-64/NVME (NVM Express NVM Command Set
/// Specification 1.0, section 5.2.1.3.4), reflected, with all bits inverted before and after. Eight bytes at
/// a time, by eight tables (Kounavis and Berry, "A Systematic Approach to Building High Performance
/// Software-based CRC Generators", 2005). For one thread.
final class Crc64Nvme implements Checksum {

    private static final long POLYNOMIAL = 0x9a6c9329ac4bc9b5L;
    private static final int STEP = 8;
    private static final long[][] TABLES = tables();

    private long inverted = -1;

    private static long[][] tables() {
        long[][] tables = new long[STEP][256];
        for (int i = 0; i < 256; i++) {
            long crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
            }
            tables[0][i] = crc;
        }
        for (int table = 1; table < STEP; table++) {
            for (int i = 0; i < 256; i++) {
                long before = tables[table - 1][i];
                tables[table][i] = (before >>> 8) ^ tables[0][(int) before & 0xff];
            }
        }
        return tables;
    }

    @Override
    public void update(int b) {
        inverted = (inverted >>> 8) ^ TABLES[0][(int) (inverted ^ b) & 0xff];
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        for (; at + STEP <= end; at += STEP) {
            long crc = 0;
            for (int i = 0; i < STEP; i++) {
                crc ^= TABLES[STEP - 1 - i][(int) ((inverted >>> (8 * i)) ^ bytes[at + i]) & 0xff];
            }
            inverted = crc;
        }
        for (; at < end; at++) {
            update(bytes[at]);
        }
    }

    @Override
    public long getValue() {
        return ~inverted;
    }

    @Override
    public void reset() {
        inverted = -1;
    }
}
