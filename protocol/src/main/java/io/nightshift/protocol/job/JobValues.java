package io.nightshift.protocol.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Values of a job file that [JobCheck] has accepted, by their paths below a section.
///
/// @param section the path of the section, or the empty text for the whole file
record JobValues(Map<String, Object> values, String section) {

    JobValues(Map<String, Object> values) {
        this(values, "");
    }

    /// The values below a path.
    JobValues below(String path) {
        return new JobValues(values, path(path));
    }

    /// @param name empty for the section's own value
    private String path(String name) {
        return name.isEmpty() ? section : JobKey.path(section, name);
    }

    /// Whether the file has the key, or a key below it.
    boolean has(String name) {
        String path = path(name);
        return values.containsKey(path) || values.keySet().stream().anyMatch(key -> key.startsWith(path + "."));
    }

    private Object value(String name) {
        return Objects.requireNonNull(values.get(path(name)), name);
    }

    String text(String name) {
        return (String) value(name);
    }

    @Nullable
    String textOrNull(String name) {
        return (String) values.get(path(name));
    }

    boolean flag(String name) {
        return (Boolean) value(name);
    }

    double share(String name) {
        return (Double) value(name);
    }

    long whole(String name) {
        return (Long) value(name);
    }

    @Nullable
    Long wholeOrNull(String name) {
        return (Long) values.get(path(name));
    }

    /// A whole number that an `int` can hold.
    @Nullable
    Integer numberOrNull(String name) {
        Long value = wholeOrNull(name);
        return value == null ? null : Math.toIntExact(value);
    }

    /// The constant whose name is the word in lower case.
    <T extends Enum<T>> T constant(String name, Class<T> type) {
        return Enum.valueOf(type, text(name).toUpperCase(Locale.ROOT));
    }

    /// As [#constant]; null for the word that stands for none.
    <T extends Enum<T>> @Nullable T constantUnless(String none, String name, Class<T> type) {
        return text(name).equals(none) ? null : constant(name, type);
    }

    @Nullable
    Double decimalOrNull(String name) {
        return (Double) values.get(path(name));
    }

    @Nullable
    Duration timeOrNull(String name) {
        return (Duration) values.get(path(name));
    }

    List<String> texts(String name) {
        return list(name, String.class);
    }

    <T> List<T> list(String name, Class<T> type) {
        return values.get(path(name)) instanceof List<?> list
                ? list.stream().map(type::cast).toList()
                : List.of();
    }

    List<List<String>> lists(String name) {
        return values.get(path(name)) instanceof List<?> lists
                ? lists.stream()
                        .map(list -> ((List<?>) list)
                                .stream().map(String.class::cast).toList())
                        .toList()
                : List.of();
    }

    List<Job.CategoryList> categories(String name) {
        List<Job.CategoryList> categories = new ArrayList<>();
        if (values.get(path(name)) instanceof Map<?, ?> map) {
            map.forEach((feature, names) -> categories.add(new Job.CategoryList(
                    (String) feature,
                    ((List<?>) names).stream().map(String.class::cast).toList())));
        }
        return categories;
    }

    /// Expressions, types or new names of columns, in the order of the file.
    Map<String, String> expressions(String name) {
        return map(name, String.class);
    }

    /// In the order of the file.
    <T> Map<String, T> map(String name, Class<T> type) {
        LinkedHashMap<String, T> values = new LinkedHashMap<>();
        if (this.values.get(path(name)) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> values.put((String) key, type.cast(value)));
        }
        return values;
    }
}
