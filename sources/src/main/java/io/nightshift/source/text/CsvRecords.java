package io.nightshift.source.text;

/// The records of a CSV file (RFC 4180), split into values.
///
/// A quote has a meaning only at the beginning of a value, as in the RFC. Inside of quotes, delimiters and
/// line breaks are part of the value, and a quote is doubled or follows the escape character.
final class CsvRecords extends Records {

    /// The kinds of values that [#kindOf] returns.
    static final byte PLAIN = 0;

    static final byte QUOTED = 1;
    static final byte ESCAPED = 2;

    /// No byte is equal to it.
    private static final int NONE = -1_000;

    private final byte delimiter;
    private final int quote;
    private final int escape;

    private final int[] starts;
    private final int[] ends;
    private final byte[] kinds;
    private int fields;

    /// @param most how many values of a record are wanted at most
    CsvRecords(ByteWindow window, long line, boolean skipsBlank, CsvDialect dialect, int most) {
        super(window, line, skipsBlank);
        this.delimiter = (byte) dialect.delimiter().charAt(0);
        this.quote = dialect.quote() == null ? NONE : dialect.quote().charAt(0);
        this.escape = dialect.escape() == null ? quote : dialect.escape().charAt(0);
        this.starts = new int[most];
        this.ends = new int[most];
        this.kinds = new byte[most];
    }

    /// How many values the record has; may be more than are wanted.
    int fields() {
        return fields;
    }

    /// Where a value begins, without its quote.
    int startOf(int field) {
        return starts[field];
    }

    int endOf(int field) {
        return ends[field];
    }

    /// [#PLAIN], [#QUOTED], or [#ESCAPED] for a quoted value that contains escaped characters.
    byte kindOf(int field) {
        return kinds[field];
    }

    /// Copies a value without its escapes.
    ///
    /// @return how many bytes it has
    int unescape(int field, byte[] to) {
        byte[] bytes = window.bytes();
        int length = 0;
        for (int i = starts[field]; i < ends[field]; i++) {
            if (bytes[i] == escape && i + 1 < ends[field]) {
                i++;
            }
            to[length++] = bytes[i];
        }
        return length;
    }

    @Override
    boolean isBlank() {
        return end == start;
    }

    @Override
    int parse(boolean splits) {
        return splits ? parse(starts.length) : skip();
    }

    /// A record without a quote ends with its line.
    private int skip() {
        byte[] bytes = window.bytes();
        int found = indexOf(bytes, position, LF, quote == NONE ? LF : (byte) quote);
        if (bytes[found] != LF) {
            return parse(0);
        }
        if (found >= window.limit() && !window.hasEnded()) {
            return NEEDS_MORE;
        }
        fields = 0;
        lines = 1;
        endAt(found);
        return WHOLE;
    }

    private void endAt(int found) {
        end = Math.min(found, window.limit());
        following = Math.min(found + 1, window.limit());
        end -= end > position && window.bytes()[end - 1] == CR ? 1 : 0;
    }

    private int parse(int most) {
        byte[] bytes = window.bytes();
        int limit = window.limit();
        boolean hasEnded = window.hasEnded();
        byte between = delimiter;
        int i = position;
        int field = 0;
        lines = 1;
        while (true) {
            if (bytes[i] == quote) {
                int outcome = quoted(bytes, i + 1, limit, hasEnded);
                if (outcome != WHOLE) {
                    return outcome;
                }
                if (field < most) {
                    starts[field] = i + 1;
                    ends[field] = valueEnd;
                    kinds[field] = isEscaped ? ESCAPED : QUOTED;
                }
                i = afterValue;
            } else {
                int from = i;
                byte b = bytes[i];
                while (b != between && b != LF) {
                    b = bytes[++i];
                }
                if (i >= limit && !hasEnded) {
                    return NEEDS_MORE;
                }
                if (field < most) {
                    starts[field] = from;
                    ends[field] = b == LF && i > from && bytes[i - 1] == CR ? i - 1 : i;
                    kinds[field] = PLAIN;
                }
            }
            field++;
            if (bytes[i] == LF) {
                break;
            }
            i++;
        }
        fields = field;
        endAt(i);
        return WHOLE;
    }

    // What quoted() found out.
    private int valueEnd;
    private int afterValue;
    private boolean isEscaped;

    /// Looks for the end of a quoted value, and of what follows it up to the next delimiter or line feed.
    private int quoted(byte[] bytes, int from, int limit, boolean hasEnded) {
        isEscaped = false;
        int i = from;
        while (true) {
            byte b = bytes[i];
            if (b == quote) {
                if (i + 1 >= limit && !hasEnded) {
                    return NEEDS_MORE;
                }
                if (escape != quote || i + 1 >= limit || bytes[i + 1] != quote) {
                    break;
                }
                isEscaped = true;
                i += 2;
            } else if (b == escape) {
                if (i + 1 >= limit) {
                    return hasEnded ? unclosed() : NEEDS_MORE;
                }
                isEscaped = true;
                lines += bytes[i + 1] == LF ? 1 : 0;
                i += 2;
            } else {
                if (b == LF) {
                    if (i >= limit) {
                        return hasEnded ? unclosed() : NEEDS_MORE;
                    }
                    lines++;
                }
                i++;
            }
        }
        valueEnd = i;
        i++;
        if (bytes[i] == CR) {
            if (i + 1 >= limit && !hasEnded) {
                return NEEDS_MORE;
            }
            i++;
            if (bytes[i] != LF) {
                return refuseRest();
            }
        }
        if (bytes[i] != LF && bytes[i] != delimiter) {
            return refuseRest();
        }
        if (i >= limit && !hasEnded) {
            return NEEDS_MORE;
        }
        afterValue = i;
        return WHOLE;
    }

    private int unclosed() {
        reason = "a quote is not closed";
        return MALFORMED;
    }

    private int refuseRest() {
        reason = "text follows a closing quote";
        return MALFORMED;
    }
}
