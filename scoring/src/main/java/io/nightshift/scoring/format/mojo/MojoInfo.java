package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The text file `model.ini` of a MOJO: facts by name under `[info]`, the names of the columns under
/// `[columns]`, and under `[domains]` the file with the levels of each categorical column, as `4: 12
/// d000.txt`.
///
/// A fact with the value `null` is absent.
final class MojoInfo {

    private static final Set<String> SECTIONS = Set.of("[info]", "[columns]", "[domains]");

    private static final int MAX_TEXT = 200;

    private final Map<String, String> facts = new HashMap<>();
    private final List<String> columns = new ArrayList<>();
    private final Map<Integer, Domain> domains = new HashMap<>();

    /// The levels of a column.
    ///
    /// @param size the number of levels
    /// @param file the name of the file with a line for each level
    record Domain(int size, String file) {}

    MojoInfo(byte[] content) throws MalformedModelException {
        String section = "";
        for (String line : new String(content, StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (SECTIONS.contains(line)) {
                section = line;
                continue;
            }
            switch (section) {
                case "[info]" -> readFact(line);
                case "[columns]" -> columns.add(line);
                case "[domains]" -> readDomain(line);
                default ->
                    throw new MalformedModelException("its model.ini begins with the line «" + start(line) + "»");
            }
        }
    }

    private void readFact(String line) throws MalformedModelException {
        int at = line.indexOf('=');
        if (at < 0) {
            throw new MalformedModelException("its model.ini has the line «" + start(line) + "» under [info]");
        }
        facts.put(line.substring(0, at).strip(), line.substring(at + 1).strip());
    }

    private void readDomain(String line) throws MalformedModelException {
        String[] words = line.split("[: ]+", 3);
        if (words.length == 3) {
            int column = whole("[domains]", words[0]);
            domains.put(column, new Domain(whole("[domains]", words[1]), words[2]));
            return;
        }
        throw new MalformedModelException("its model.ini has the line «" + start(line) + "» under [domains]");
    }

    /// A text for a message.
    static String start(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    /// The names of the columns: the features, then those with a special role, and the response.
    List<String> columns() {
        return columns;
    }

    /// The levels of a column, or null for a number.
    @Nullable
    Domain domain(int column) {
        return domains.get(column);
    }

    boolean has(String name) {
        return textOrNull(name) != null;
    }

    @Nullable
    String textOrNull(String name) {
        String text = facts.get(name);
        return text == null || text.equals("null") ? null : text;
    }

    /// A short text.
    String text(String name) throws MalformedModelException {
        String text = longText(name);
        if (text.length() > MAX_TEXT) {
            throw wrong(name, text);
        }
        return text;
    }

    private String longText(String name) throws MalformedModelException {
        String text = textOrNull(name);
        if (text == null) {
            throw new MalformedModelException("its model.ini has no " + name);
        }
        return text;
    }

    boolean flag(String name) throws MalformedModelException {
        String text = textOrNull(name);
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            case null -> false;
            default -> throw wrong(name, text);
        };
    }

    /// A whole number of 0 or more.
    int count(String name) throws MalformedModelException {
        return whole(name, text(name));
    }

    private static int whole(String name, String text) throws MalformedModelException {
        try {
            int number = Integer.parseInt(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            throw wrong(name, text);
        }
        throw wrong(name, text);
    }

    /// A finite number.
    double number(String name) throws MalformedModelException {
        return number(name, text(name));
    }

    private static double number(String name, String text) throws MalformedModelException {
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            throw wrong(name, text);
        }
        throw wrong(name, text);
    }

    /// A list of finite numbers, as `[0.5, 1.5]`.
    double[] numbers(String name) throws MalformedModelException {
        String[] words = words(name);
        double[] numbers = new double[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = number(name, words[i].strip());
        }
        return numbers;
    }

    /// A list of whole numbers of 0 or more, as `[0, 3]`.
    int[] counts(String name) throws MalformedModelException {
        String[] words = words(name);
        int[] numbers = new int[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = whole(name, words[i].strip());
        }
        return numbers;
    }

    private String[] words(String name) throws MalformedModelException {
        String text = longText(name);
        if (!text.startsWith("[") || !text.endsWith("]") || text.length() < 2) {
            throw wrong(name, text);
        }
        String list = text.substring(1, text.length() - 1);
        return list.isBlank() ? new String[0] : list.split(",", -1);
    }

    private static MalformedModelException wrong(String name, String text) {
        return new MalformedModelException("its model.ini has «" + start(text) + "» for " + name);
    }
}
