package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.CategoryLists;
import io.nightshift.protocol.job.ValueType.ColumnTypes;
import io.nightshift.protocol.job.ValueType.Expressions;
import io.nightshift.protocol.job.ValueType.Renames;
import io.nightshift.protocol.job.ValueType.Templates;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Scalar.Kind;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the values of keys that hold a map of names that the file chooses. A value that is refused is null.
final class MapReader {

    private final JobCheck check;

    MapReader(JobCheck check) {
        this.check = check;
    }

    @Nullable
    Map<String, String> expressions(Expressions type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> expressions = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String keyPath = check.scalars().columnName(entry, path, seen);
            if (entry.value() instanceof Scalar scalar
                    && scalar.kind() != Kind.NOTHING
                    && Form.EXPRESSION.fits(scalar.text())) {
                expressions.put(entry.key(), scalar.text());
            } else {
                check.refuse(entry.value(), keyPath, "an SQL expression", null);
            }
        }
        return expressions;
    }

    /// The types as [ColumnType] writes them.
    @Nullable
    Map<String, String> columnTypes(ColumnTypes type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> types = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String keyPath = check.scalars().columnName(entry, path, seen);
            String text = entry.value() instanceof Scalar scalar && scalar.kind() == Kind.TEXT ? scalar.text() : "";
            ColumnType.canonical(text, type.nested())
                    .ifPresentOrElse(
                            canonical -> types.put(entry.key(), canonical),
                            () -> check.refuse(
                                    entry.value(),
                                    keyPath,
                                    ColumnType.expectation(type.nested()),
                                    ColumnType.suggestion(text, type.nested())));
        }
        return types;
    }

    @Nullable
    Map<String, List<String>> categories(CategoryLists type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, List<String>> categories = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
            if (!Form.EXPRESSION.fits(entry.key())) {
                check.add(new Mistake(entry.line(), keyPath, "an empty name", "the name of a feature", null));
            } else if (entry.value() instanceof Sequence sequence
                    && !sequence.items().isEmpty()) {
                categories.put(entry.key(), categories(keyPath, sequence));
            } else {
                check.refuse(entry.value(), keyPath, "a list of one or more categories", null);
            }
        }
        return categories;
    }

    private List<String> categories(String path, Sequence sequence) {
        List<String> names = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            if (!(item instanceof Scalar scalar)
                    || scalar.kind() == Kind.NOTHING
                    || !Form.CATEGORY.fits(scalar.text())) {
                check.refuse(item, path, Form.CATEGORY.expectation, null);
            } else if (names.contains(scalar.text())) {
                check.add(new Mistake(item.line(), path, item.found() + " is listed twice", "each value once", null));
            } else {
                names.add(scalar.text());
            }
        }
        return names;
    }

    /// A number, a boolean or a date without quotes is a text too.
    @Nullable
    Map<String, String> templates(Templates type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> templates = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            if (entry.value() instanceof Scalar scalar && scalar.kind() != Kind.NOTHING) {
                templates.put(entry.key(), scalar.text());
            } else {
                String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
                check.refuse(entry.value(), keyPath, "a value, such as \"{scheduled:date - 1 day}\"", null);
            }
        }
        return templates;
    }

    /// The names of columns by their new names.
    @Nullable
    Map<String, String> renames(Renames type, String path, YamlValue value) {
        Map<String, String> names = new LinkedHashMap<>();
        if (value instanceof Mapping mapping) {
            Set<String> seen = new HashSet<>();
            for (Member entry : mapping.entries()) {
                String keyPath = check.scalars().columnName(entry, path, seen);
                String name = check.scalars().text(Form.COLUMN, Form.COLUMN.expectation, keyPath, entry.value());
                if (name != null) {
                    names.put(entry.key(), name);
                }
            }
        } else {
            List<String> texts = check.scalars().texts(new Texts(Form.COLUMN, 0, true), path, value);
            if (texts == null) {
                return null;
            }
            texts.forEach(text -> names.put(text, text));
        }
        if (names.size() < type.least()) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        return names;
    }
}
