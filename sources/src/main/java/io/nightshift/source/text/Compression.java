package io.nightshift.source.text;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// How a text file is compressed, as its first bytes say.
enum Compression {
    NONE,
    GZIP,
    ZSTD;

    private static final int LONGEST_MAGIC = 4;
    private static final int BUFFER = 256 * 1024;

    static Compression of(Path file) throws IOException {
        byte[] magic = new byte[LONGEST_MAGIC];
        int length;
        try (InputStream in = Files.newInputStream(file)) {
            length = in.readNBytes(magic, 0, LONGEST_MAGIC);
        }
        if (length >= 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b) {
            return GZIP;
        }
        // A frame, or a frame to be skipped, which may come first.
        boolean isFrame = magic[0] == 0x28 && magic[1] == (byte) 0xb5 && magic[2] == 0x2f && magic[3] == (byte) 0xfd;
        boolean isSkippable = (magic[0] & 0xf0) == 0x50 && magic[1] == 0x2a && magic[2] == 0x4d && magic[3] == 0x18;
        return isFrame || isSkippable ? ZSTD : NONE;
    }

    /// The bytes of a file without the compression.
    ///
    /// @throws IOException also from reading: if the compressed data is broken or ends too early
    InputStream open(Path file) throws IOException {
        return switch (this) {
            case NONE -> Files.newInputStream(file);
            case GZIP -> new GzipInput(new BufferedInputStream(Files.newInputStream(file), BUFFER));
            case ZSTD -> {
                // Reads several frames one after the other, and refuses one that ends too early.
                ZstdInputStream in = new ZstdInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER));
                in.setContinuous(false);
                yield in;
            }
        };
    }
}
