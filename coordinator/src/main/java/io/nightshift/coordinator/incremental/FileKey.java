package io.nightshift.coordinator.incremental;

import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.FileVersion;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Identifies a version of a file within a source: a digest of the source, the path, the length, and the ETag
/// of an object or the modification time of a local file.
///
/// @param text 32 hexadecimal digits
public record FileKey(String text) implements Comparable<FileKey> {

    private static final int BYTES = 16;

    /// A file as it was listed.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    public static FileKey of(String source, FileVersion file) {
        return of(source, file.path(), file.bytes(), file.tag(), file.modified().toInstant());
    }

    /// A file as it was pinned.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    public static FileKey of(String source, SourceFile file) {
        boolean isObject = ObjectAddress.isAddress(file.path());
        return of(source, file.path(), file.bytes(), isObject ? file.tag() : null, file.modified());
    }

    private static FileKey of(String source, String path, long bytes, @Nullable String tag, Object modified) {
        String text = "%s\0%s\0%d\0%s".formatted(source, path, bytes, tag == null ? modified : tag);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return new FileKey(HexFormat.of().formatHex(Arrays.copyOf(digest, BYTES)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// The files whose rows a plan reads. A file without rows is none of them: it may be there only because
    /// no file is new.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param planned the files of the source, and those of lookups
    public static List<FileKey> read(String source, List<SourceFile> planned) {
        return planned.stream()
                .filter(file -> !file.isLookup() && file.rows() > 0)
                .map(file -> of(source, file))
                .toList();
    }

    /// A key as [#bytes()] returned it.
    public static FileKey of(byte[] bytes) {
        return new FileKey(HexFormat.of().formatHex(bytes));
    }

    /// 16 bytes.
    public byte[] bytes() {
        return HexFormat.of().parseHex(text);
    }

    @Override
    public int compareTo(FileKey other) {
        return text.compareTo(other.text);
    }
}
