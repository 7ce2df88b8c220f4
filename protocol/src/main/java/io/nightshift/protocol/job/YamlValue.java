package io.nightshift.protocol.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A value in a job file that hasn't been validated: YAML with line numbers.
sealed interface YamlValue {

    /// Line in the file, from 1, or [Mistake#OVERRIDE].
    int line();

    /// The value in words, for [Mistake#found()].
    String found();

    /// The beginning of a text, in one line of at most 63 characters, for a message.
    static String shortened(String text) {
        String start = text.length() <= 60 ? text : text.substring(0, 60) + "...";
        return start.replaceAll("\\p{Cntrl}+", " ");
    }

    record Scalar(Kind kind, String text, int line) implements YamlValue {
        enum Kind {
            TEXT,
            WHOLE,
            DECIMAL,
            BOOLEAN,
            NOTHING
        }

        @Override
        public String found() {
            if (Form.isAddress(text) && !text.startsWith("~")) {
                String scheme = text.substring(0, text.indexOf(':') + 1); // A password may follow the scheme.
                return "an address \"" + scheme + "...\"";
            }
            return switch (kind) {
                case TEXT -> "\"" + shortened(text) + "\"";
                case WHOLE, DECIMAL -> "the number " + shortened(text);
                case BOOLEAN -> text;
                case NOTHING -> "nothing";
            };
        }
    }

    record Sequence(List<YamlValue> items, int line) implements YamlValue {
        @Override
        public String found() {
            return items.isEmpty() ? "an empty list" : "a list";
        }
    }

    /// A map.
    ///
    /// @param entries the entries in the order of the file; no key twice
    record Mapping(List<Member> entries, int line) implements YamlValue {
        @Override
        public String found() {
            return "a map";
        }

        @Nullable
        Member entry(String key) {
            return entries.stream()
                    .filter(entry -> entry.key().equals(key))
                    .findFirst()
                    .orElse(null);
        }
    }

    /// A key with its value.
    ///
    /// @param line line of the key
    record Member(String key, int line, YamlValue value) {}
}
