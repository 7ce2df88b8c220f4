package io.nightshift.scoring.format.lightgbm;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The lines of a LightGBM model file, in sections of `key=value`. A section ends at an empty line.
///
/// Values are stored as positions in the file until they are read. A list takes no more memory than its text
/// allows.
final class LightGbmText {

    private final byte[] content;
    private int at;

    LightGbmText(byte[] content) {
        this.content = content;
    }

    /// A line's bytes, without the line break.
    record Line(int from, int to) {}

    /// The values of a section by key. A line without `=` is a key with an empty value.
    final class Section {
        private final String name;
        private final Map<String, Line> values = new HashMap<>();

        private Section(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        boolean has(String key) {
            return values.containsKey(key);
        }

        @Nullable
        String textOrNull(String key) {
            Line line = values.get(key);
            return line == null ? null : text(line);
        }

        String text(String key) throws MalformedModelException {
            return text(line(key));
        }

        int count(String key) throws MalformedModelException {
            String text = text(key);
            try {
                int count = Integer.parseInt(text);
                if (count >= 0) {
                    return count;
                }
            } catch (NumberFormatException notANumber) {
                throw new MalformedModelException(name + ", " + key + " is «" + abbreviated(text) + "»", notANumber);
            }
            throw new MalformedModelException(name + ", " + key + " is " + text);
        }

        int[] integers(String key, int count) throws MalformedModelException {
            int[] integers = new int[checked(key, count)];
            Words words = new Words(key);
            for (int i = 0; i < count; i++) {
                integers[i] = (int) words.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
            }
            words.expectEnd(count);
            return integers;
        }

        /// Unsigned numbers of 32 bits.
        int[] words(String key, int count) throws MalformedModelException {
            int[] integers = new int[checked(key, count)];
            Words words = new Words(key);
            for (int i = 0; i < count; i++) {
                integers[i] = (int) words.integer(0, 0xffffffffL);
            }
            words.expectEnd(count);
            return integers;
        }

        double[] numbers(String key, int count) throws MalformedModelException {
            double[] numbers = new double[checked(key, count)];
            Words words = new Words(key);
            for (int i = 0; i < count; i++) {
                numbers[i] = words.number();
            }
            words.expectEnd(count);
            return numbers;
        }

        /// A list of `count` elements takes at least two bytes for each element but the last.
        private int checked(String key, int count) throws MalformedModelException {
            Line line = line(key);
            if (count > (line.to - line.from + 1) / 2) {
                throw new MalformedModelException(name + ", " + key + " has fewer than " + count + " elements");
            }
            return count;
        }

        private Line line(String key) throws MalformedModelException {
            Line line = values.get(key);
            if (line == null) {
                throw new MalformedModelException(name + " has no «" + key + "»");
            }
            return line;
        }

        private String text(Line line) {
            return new String(content, line.from, line.to - line.from, StandardCharsets.UTF_8);
        }

        /// The words of a value, one after the other.
        private final class Words {
            private final String key;
            private final int end;
            private int position;

            private Words(String key) throws MalformedModelException {
                Line line = line(key);
                this.key = key;
                this.position = line.from;
                this.end = line.to;
            }

            private long integer(long least, long most) throws MalformedModelException {
                String word = next();
                try {
                    long value = Long.parseLong(word);
                    if (value >= least && value <= most) {
                        return value;
                    }
                } catch (NumberFormatException notANumber) {
                    throw unexpected(word, notANumber);
                }
                throw unexpected(word, null);
            }

            /// Parses a number as C writes it, including `inf` and `nan`.
            private double number() throws MalformedModelException {
                String word = next();
                return switch (word) {
                    case "inf" -> Double.POSITIVE_INFINITY;
                    case "-inf" -> Double.NEGATIVE_INFINITY;
                    case "nan", "-nan" -> throw unexpected(word, null);
                    default -> parse(word);
                };
            }

            private double parse(String word) throws MalformedModelException {
                try {
                    return Double.parseDouble(word);
                } catch (NumberFormatException notANumber) {
                    throw unexpected(word, notANumber);
                }
            }

            private String next() throws MalformedModelException {
                int from = position;
                while (position < end && content[position] != ' ') {
                    position++;
                }
                String word = new String(content, from, position - from, StandardCharsets.ISO_8859_1);
                if (word.isEmpty()) {
                    throw new MalformedModelException(name + ", " + key + " has too few elements");
                }
                if (position < end) {
                    position++;
                }
                return word;
            }

            private void expectEnd(int count) throws MalformedModelException {
                if (position < end) {
                    throw new MalformedModelException(name + ", " + key + " has more than " + count + " elements");
                }
            }

            private MalformedModelException unexpected(String word, @Nullable Throwable cause) {
                return cause == null
                        ? new MalformedModelException(name + ", " + key + " has «" + abbreviated(word) + "»")
                        : new MalformedModelException(name + ", " + key + " has «" + abbreviated(word) + "»", cause);
            }
        }
    }

    /// The next section, or null at the end of the file.
    ///
    /// @param name the section's name in messages
    @Nullable
    Section next(String name) throws MalformedModelException {
        Section section = new Section(name);
        while (at < content.length) {
            Line line = line();
            if (line.from == line.to) {
                if (!section.values.isEmpty()) {
                    break;
                }
                continue;
            }
            int equals = line.from;
            while (equals < line.to && content[equals] != '=') {
                equals++;
            }
            String key = new String(content, line.from, equals - line.from, StandardCharsets.UTF_8);
            Line value = new Line(Math.min(equals + 1, line.to), line.to);
            if (section.values.put(key, value) != null) {
                throw new MalformedModelException(name + " has «" + abbreviated(key) + "» twice");
            }
        }
        return section.values.isEmpty() ? null : section;
    }

    /// The text of the next line that begins with a prefix, without the prefix, and skips the lines before
    /// it. If there is none up to the end of the file, null, and no line is skipped.
    @Nullable
    String after(String prefix) {
        byte[] start = prefix.getBytes(StandardCharsets.UTF_8);
        int before = at;
        while (at < content.length) {
            Line line = line();
            int end = line.from + start.length;
            if (end <= line.to && Arrays.equals(content, line.from, end, start, 0, start.length)) {
                return new String(content, end, line.to - end, StandardCharsets.UTF_8);
            }
        }
        at = before;
        return null;
    }

    private Line line() {
        int from = at;
        while (at < content.length && content[at] != '\n') {
            at++;
        }
        int to = at > from && content[at - 1] == '\r' ? at - 1 : at;
        at++;
        return new Line(from, to);
    }

    private static String abbreviated(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
