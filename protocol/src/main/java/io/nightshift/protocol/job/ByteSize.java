package io.nightshift.protocol.job;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Sizes in a job file: `256MB` is 256,000,000 bytes, `256MiB` is 268,435,456.
final class ByteSize {

    static final String REGEX = "^[1-9][0-9]{0,5}(KB|KiB|MB|MiB|GB|GiB)$";

    private static final Pattern PATTERN = Pattern.compile("([0-9]+)([A-Za-z]+)");

    /// From the greatest to the least.
    private static final Map<String, Long> UNITS = new LinkedHashMap<>();

    static {
        UNITS.put("GiB", 1L << 30);
        UNITS.put("GB", 1_000_000_000L);
        UNITS.put("MiB", 1L << 20);
        UNITS.put("MB", 1_000_000L);
        UNITS.put("KiB", 1L << 10);
        UNITS.put("KB", 1_000L);
    }

    private ByteSize() {}

    /// @param text that matches [#REGEX]
    /// @return the number of bytes
    static long parse(String text) {
        Matcher matcher = PATTERN.matcher(text);
        Long unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("not a size: " + text);
        }
        return Long.parseLong(matcher.group(1)) * unit;
    }

    /// The size in the greatest unit of which it is a multiple.
    ///
    /// @param bytes what [#parse] has returned
    static String text(long bytes) {
        return UNITS.entrySet().stream()
                .filter(unit -> bytes % unit.getValue() == 0)
                .findFirst()
                .map(unit -> bytes / unit.getValue() + unit.getKey())
                .orElseThrow(() -> new IllegalArgumentException(bytes + " bytes"));
    }
}
