package io.nightshift.source.sql;

import io.nightshift.protocol.failure.FailureException;

/// A text of a job that becomes part of a statement. Without a semicolon, it can't begin another statement.
///
/// A semicolon in a literal, a name or a comment is accepted only if the text is so plain that every database finds
/// the same literals, names and comments in it.
final class SingleStatement {

    private final String sql;
    private final StringBuilder kept = new StringBuilder();
    private boolean isPlain = true;
    private boolean hasEnded;
    private boolean isSeveral;

    private SingleStatement(String sql) {
        this.sql = sql;
        read();
    }

    /// The text without semicolons at its end.
    ///
    /// @param key of the job file
    /// @throws FailureException if there may be another statement in it
    static String of(String key, String sql) {
        if (sql.indexOf(';') < 0) {
            return sql;
        }
        SingleStatement statement = new SingleStatement(sql);
        if (!statement.isPlain || statement.isSeveral) {
            throw FailureException.permanent(
                    "%s: it contains a semicolon; write one SELECT statement or condition, without one".formatted(key));
        }
        return statement.kept.toString();
    }

    private void read() {
        int i = 0;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            int next = switch (c) {
                case '\'', '"', '`' -> after(c, i);
                case '-' -> sql.startsWith("--", i) ? lineEnd(i) : i + 1;
                case '/' -> sql.startsWith("/*", i) ? commentEnd(i) : i + 1;
                case '\\', '$', '#' -> {
                    isPlain = false;
                    yield i + 1;
                }
                default -> i + 1;
            };
            String part = sql.substring(i, next);
            boolean isComment = part.startsWith("--") || part.startsWith("/*");
            if (c == ';') {
                hasEnded = true;
                kept.append(' ');
            } else {
                isSeveral |= hasEnded && !isComment && !part.isBlank();
                kept.append(part);
            }
            i = next;
        }
    }

    /// The position after a literal or a name. A quote in it that is written twice begins another one.
    private int after(char quote, int from) {
        int end = sql.indexOf(quote, from + 1);
        if (end < 0 || sql.substring(from, end).indexOf('\\') >= 0) {
            isPlain = false;
        }
        return end < 0 ? sql.length() : end + 1;
    }

    private int lineEnd(int from) {
        if (from + 2 < sql.length() && !Character.isWhitespace(sql.charAt(from + 2))) {
            // For MariaDB that is a sign, not a comment.
            isPlain = false;
        }
        int end = sql.indexOf('\n', from);
        return end < 0 ? sql.length() : end;
    }

    private int commentEnd(int from) {
        int end = sql.indexOf("*/", from + 2);
        String comment = end < 0 ? "" : sql.substring(from + 2, end);
        // MariaDB executes comments that begin with an exclamation mark, and only PostgreSQL nests them.
        if (end < 0 || comment.startsWith("!") || comment.startsWith("M!") || comment.contains("/*")) {
            isPlain = false;
        }
        return end < 0 ? sql.length() : end + 2;
    }
}
