package io.nightshift.protocol.job;

import org.jspecify.annotations.Nullable;

/// The places of an SQL expression where a literal can stand: not within quotes, and not in comments.
final class SqlText {

    private final String text;

    SqlText(String text) {
        this.text = text;
    }

    /// Why no literal can stand at a position, in words for a mistake; null if it can.
    @Nullable
    String obstacle(int position) {
        int at = 0;
        while (at < position) {
            char c = text.charAt(at);
            if (c == '\'' || c == '"') {
                int end = endOfQuotes(at);
                if (end > position) {
                    return "it without the quotes around it: an SQL literal is inserted";
                }
                at = end;
            } else if (c == '$') {
                return "no $ before it in the expression";
            } else if (text.startsWith("--", at) || text.startsWith("/*", at)) {
                return "no comment before it in the expression";
            } else {
                at++;
            }
        }
        return null;
    }

    /// The position after a quoted text. A doubled quote is two quoted texts here, which makes no difference.
    private int endOfQuotes(int start) {
        char quote = text.charAt(start);
        boolean hasEscapes = quote == '\'' && start > 0 && Character.toLowerCase(text.charAt(start - 1)) == 'e';
        int at = start + 1;
        while (at < text.length() && text.charAt(at) != quote) {
            at += hasEscapes && text.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at, text.length()) + 1;
    }
}
