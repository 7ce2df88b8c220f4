package io.nightshift.source.text;

/// A record for each line.
final class LineRecords extends Records {

    LineRecords(ByteWindow window, long line) {
        super(window, line, true);
    }

    @Override
    int parse(boolean splits) {
        byte[] bytes = window.bytes();
        int found = indexOf(bytes, position, LF, LF);
        if (found >= window.limit() && !window.hasEnded()) {
            return NEEDS_MORE;
        }
        end = Math.min(found, window.limit());
        following = Math.min(found + 1, window.limit());
        end -= end > position && bytes[end - 1] == CR ? 1 : 0;
        lines = 1;
        return WHOLE;
    }

    @Override
    boolean isBlank() {
        byte[] bytes = window.bytes();
        for (int i = start; i < end; i++) {
            if (bytes[i] != ' ' && bytes[i] != '\t') {
                return false;
            }
        }
        return true;
    }
}
