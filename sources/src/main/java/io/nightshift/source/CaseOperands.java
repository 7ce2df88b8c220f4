package io.nightshift.source;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds `CASE x WHEN 1 …` whose operand x is too long to repeat. DuckDB's parser copies the operand for each WHEN,
/// so a dozen nested ones make a tree of gigabytes. This class finds them in the text, before DuckDB parses it.
final class CaseOperands {

    /// The most characters that all operands may have together, if each operand is repeated at each of its WHENs.
    private static final long MOST = 100_000;

    /// Texts, quoted names and comments, whose words are none; what may hide the end of a text; then words and
    /// brackets. A doubled quote in a text makes it two tokens. No alternative repeats a group: that would
    /// overflow the stack on a long text.
    private static final Pattern TOKEN =
            Pattern.compile("'[^']*'|\"[^\"]*\"|--[^\n]*|\\$|/\\*|[\\p{L}_][\\p{L}\\p{N}_]*|[(\\[{]|[)\\]}]|\\.");

    private static final Pattern SIMPLE = Pattern.compile("\\bcase\\b(?!\\s+when\\b)", Pattern.CASE_INSENSITIVE);

    /// A CASE that has not ended.
    private static final class Open {
        private final int start;
        private final int level;
        private long operand = -1;

        private Open(int start, int level) {
            this.start = start;
            this.level = level;
        }
    }

    private CaseOperands() {}

    static boolean areRepeated(String sql) {
        if (!SIMPLE.matcher(sql).find()) {
            return false;
        }
        return hidesTexts(sql) ? mayBeRepeated(sql) : repeated(sql);
    }

    /// Whether there is syntax that could hide the end of a text: prefixes of quotes, dollar quotes, and comments
    /// in brackets.
    private static boolean hidesTexts(String sql) {
        for (Matcher token = TOKEN.matcher(sql); token.find(); ) {
            char first = sql.charAt(token.start());
            if (first == '$' || first == '/') {
                return true;
            }
            if ((first == '\'' || first == '"') && token.start() > 0) {
                int before = sql.codePointBefore(token.start());
                if (Character.isLetterOrDigit(before) || before == '_' || before == '&') {
                    return true;
                }
            }
        }
        return false;
    }

    /// As if all operands had a CASE.
    private static boolean mayBeRepeated(String sql) {
        long cases = SIMPLE.matcher(sql).results().count();
        long whens = Pattern.compile("\\bwhen\\b", Pattern.CASE_INSENSITIVE)
                .matcher(sql)
                .results()
                .count();
        return sql.length() * Math.pow(Math.max(1, (double) whens / cases), cases) > 10.0 * MOST;
    }

    private static boolean repeated(String sql) {
        Deque<Open> open = new ArrayDeque<>();
        int level = 0;
        long sum = 0;
        String before = "";
        for (Matcher token = TOKEN.matcher(sql); token.find(); before = token.group()) {
            String word = before.equals(".") ? "" : token.group().toLowerCase(Locale.ROOT);
            switch (word) {
                case "(", "[", "{" -> level++;
                case ")", "]", "}" -> level--;
                case "case" -> {
                    if (open.stream().anyMatch(outer -> outer.operand < 0)) {
                        return true;
                    }
                    open.push(new Open(token.end(), level));
                }
                case "when" -> {
                    Open inner = open.peek();
                    if (inner != null && inner.level == level) {
                        inner.operand = inner.operand < 0 ? token.start() - inner.start : inner.operand;
                        sum += inner.operand;
                    }
                }
                case "end" -> {
                    Open inner = open.peek();
                    if (inner != null && inner.level == level && inner.operand >= 0) {
                        open.pop();
                    }
                }
                default -> {
                    // Any other word.
                }
            }
        }
        return sum > MOST;
    }
}
