package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Constants;
import io.nightshift.protocol.job.ValueType.Decimal;
import io.nightshift.protocol.job.ValueType.Decisions;
import io.nightshift.protocol.job.ValueType.Labels;
import io.nightshift.protocol.job.ValueType.NewNames;
import io.nightshift.protocol.job.ValueType.Thresholds;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Scalar.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads the maps of the section `output`. A value that is refused is null.
final class OutputReader {

    private final JobCheck check;

    OutputReader(JobCheck check) {
        this.check = check;
    }

    /// The texts of classes, by the class.
    @Nullable
    Map<String, String> labels(Labels type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping) || mapping.entries().isEmpty()) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> labels = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
            String label = check.scalars().text(Form.CATEGORY, "a text", keyPath, entry.value());
            if (label != null && labels.containsValue(label)) {
                check.add(new Mistake(
                        entry.line(), keyPath, entry.value().found() + " is given twice", "each text once", null));
            } else if (label != null) {
                labels.put(entry.key(), label);
            }
        }
        return labels;
    }

    @Nullable
    List<OutputDecision> decisions(Decisions type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        List<OutputDecision> decisions = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            int before = check.mistakes();
            String keyPath = check.scalars().columnName(Form.OUTPUT_COLUMN, entry, path, seen);
            JobValues given = check.values(keyPath);
            if (entry.value() instanceof Mapping map) {
                check.section(Decisions.SECTION, keyPath, map, entry.line());
                if (check.mistakes() == before) {
                    decisions.add(new OutputDecision(
                            entry.key(),
                            given.textOrNull("class"),
                            given.share("threshold"),
                            given.textOrNull("by"),
                            given.map("thresholds", Double.class)));
                }
                continue;
            }
            BigDecimal threshold = ScalarReader.number(entry.value());
            if (threshold == null || Double.isInfinite(threshold.doubleValue())) {
                check.refuse(entry.value(), keyPath, "a number, or " + Decisions.SECTION.expectation(), null);
            } else {
                decisions.add(new OutputDecision(entry.key(), null, threshold.doubleValue(), null, Map.of()));
            }
        }
        return decisions;
    }

    @Nullable
    Map<String, Double> thresholds(Thresholds type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping) || mapping.entries().isEmpty()) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, Double> thresholds = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            Double threshold = check.scalars()
                    .decimal(new Decimal(), JobKey.path(path, YamlValue.shortened(entry.key())), entry.value());
            if (threshold != null) {
                thresholds.put(entry.key(), threshold);
            }
        }
        return thresholds;
    }

    @Nullable
    List<OutputConstant> constants(Constants type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        List<OutputConstant> constants = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Member entry : mapping.entries()) {
            String keyPath = check.scalars().columnName(Form.OUTPUT_COLUMN, entry, path, seen);
            OutputConstant constant = constant(entry);
            if (constant == null) {
                check.refuse(entry.value(), keyPath, Constants.VALUE, null);
            } else {
                constants.add(constant);
            }
        }
        return constants;
    }

    private static @Nullable OutputConstant constant(Member entry) {
        if (entry.value() instanceof Mapping map
                && map.entries().size() == 1
                && map.entries().getFirst().value() instanceof Scalar scalar) {
            String type = map.entries().getFirst().key();
            return Stream.of(OutputConstant.Type.values())
                    .filter(each -> each.text().equals(type))
                    .findFirst()
                    .map(each -> constant(entry.key(), each, scalar.text()))
                    .orElse(null);
        }
        if (!(entry.value() instanceof Scalar scalar)) {
            return null;
        }
        return switch (scalar.kind()) {
            case TEXT -> constant(entry.key(), OutputConstant.Type.TEXT, scalar.text());
            case BOOLEAN ->
                constant(entry.key(), OutputConstant.Type.BOOLEAN, scalar.text().toLowerCase(Locale.ROOT));
            case WHOLE -> {
                BigDecimal number = ScalarReader.number(scalar);
                yield number == null
                        ? null
                        : constant(entry.key(), OutputConstant.Type.INTEGER, number.toPlainString());
            }
            case DECIMAL -> constant(entry.key(), OutputConstant.Type.NUMBER, scalar.text());
            case NOTHING -> null;
        };
    }

    /// Null if the text is no value of the type.
    private static @Nullable OutputConstant constant(String name, OutputConstant.Type type, String text) {
        Optional<String> value = switch (type) {
            case TEXT -> Form.VALUE.fits(text) ? Optional.of(text) : Optional.empty();
            case INTEGER -> ParameterType.INTEGER.canonical(text);
            case DATE -> ParameterType.DATE.canonical(text);
            case TIMESTAMP -> ParameterType.TIMESTAMP.canonical(text);
            case BOOLEAN -> text.equals("true") || text.equals("false") ? Optional.of(text) : Optional.empty();
            case NUMBER -> {
                BigDecimal number = ScalarReader.number(new Scalar(Kind.DECIMAL, text, 0));
                yield number == null || Double.isInfinite(number.doubleValue())
                        ? Optional.empty()
                        : Optional.of(String.valueOf(number.doubleValue()));
            }
        };
        return value.map(canonical -> new OutputConstant(name, type, canonical)).orElse(null);
    }

    @Nullable
    Map<String, String> newNames(NewNames type, String path, YamlValue value) {
        if (!(value instanceof Mapping mapping)) {
            check.refuse(value, path, type.expectation(), null);
            return null;
        }
        Map<String, String> names = new LinkedHashMap<>();
        for (Member entry : mapping.entries()) {
            String keyPath = JobKey.path(path, YamlValue.shortened(entry.key()));
            String name =
                    check.scalars().text(Form.OUTPUT_COLUMN, Form.OUTPUT_COLUMN.expectation, keyPath, entry.value());
            if (name != null) {
                names.put(entry.key(), name);
            }
        }
        return names;
    }
}
