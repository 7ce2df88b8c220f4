package io.nightshift.nemesis.fault;

import io.nightshift.testing.program.SystemCall;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The writes and forces of a process to its embedded ledger, read from the output of strace.
final class LedgerTrace {

    /// The options of strace. It prints the whole content of each write, in hexadecimal digits.
    static final List<String> OPTIONS = List.of(
            "--follow-forks",
            "--seccomp-bpf",
            "--decode-fds=path",
            "--strings-in-hex=all",
            "--string-limit=67108864",
            "--trace=pwrite64,ftruncate,fsync,fdatasync");

    private static final String LEDGER = "/ledger.mv.db";

    /// The name under which a new ledger is written before it is complete.
    private static final String NEW_LEDGER = "/new.mv.db";

    private static final Pattern HEX = Pattern.compile("\\\\x([0-9a-f]{2})");
    private static final Pattern SIZE_AND_POSITION = Pattern.compile("\"(?:\\.\\.\\.)?, (\\d+), (\\d+)$");

    /// A write or, without bytes, a truncation.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Change(int position, byte[] bytes, boolean truncates) {

        byte[] applied(byte[] before) {
            if (truncates) {
                return Arrays.copyOf(before, Math.min(position, before.length));
            }
            byte[] after = Arrays.copyOf(before, Math.max(before.length, position + bytes.length));
            System.arraycopy(bytes, 0, after, position, bytes.length);
            return after;
        }
    }

    private byte[] forced;
    private final List<Change> unforced = new ArrayList<>();

    /// @param before the content of the ledger's file when the process started; empty if there was none
    /// @param trace the lines that strace printed
    LedgerTrace(byte[] before, List<String> trace) {
        forced = before;
        for (SystemCall call : SystemCall.parse(trace)) {
            String path = text(call.arguments().substring(0, call.arguments().indexOf('>') + 1));
            if (path.endsWith(LEDGER + ">") || path.endsWith(NEW_LEDGER + ">")) {
                add(call);
            }
        }
    }

    private void add(SystemCall call) {
        switch (call.name()) {
            case "pwrite64" -> {
                Matcher numbers = SIZE_AND_POSITION.matcher(call.arguments());
                if (!numbers.find()) {
                    throw new IllegalArgumentException("strace printed a write without its size and position");
                }
                byte[] bytes = bytes(call.arguments().substring(call.arguments().indexOf(">, \"")));
                if (bytes.length != Integer.parseInt(numbers.group(1))) {
                    throw new IllegalArgumentException("strace printed only a part of a write");
                }
                unforced.add(new Change(Integer.parseInt(numbers.group(2)), bytes, false));
            }
            case "ftruncate" -> {
                String size = call.arguments().substring(call.arguments().lastIndexOf(' ') + 1);
                unforced.add(new Change(Integer.parseInt(size), new byte[0], true));
            }
            default -> {
                unforced.forEach(change -> forced = change.applied(forced));
                unforced.clear();
            }
        }
    }

    /// The number of changes that were not forced.
    int unforced() {
        return unforced.size();
    }

    /// The content of the ledger's file after a power cut at the end of the trace: all that was forced, and any of
    /// the changes after that.
    byte[] afterPowerCut(Random random) {
        byte[] left = forced;
        for (Change change : unforced) {
            if (random.nextBoolean()) {
                left = change.applied(left);
            }
        }
        return left;
    }

    private static byte[] bytes(String hex) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Matcher digits = HEX.matcher(hex);
        while (digits.find()) {
            bytes.write(Integer.parseInt(digits.group(1), 16));
        }
        return bytes.toByteArray();
    }

    /// A text in which strace may have printed characters as hexadecimal digits.
    private static String text(String printed) {
        return HEX.matcher(printed)
                .replaceAll(digits -> Matcher.quoteReplacement(new String(
                        new byte[] {(byte) Integer.parseInt(digits.group(1), 16)}, StandardCharsets.ISO_8859_1)));
    }

    /// The ledger's file in a home folder.
    static Path ledger(Path home) {
        return home.resolve("ledger" + LEDGER);
    }
}
