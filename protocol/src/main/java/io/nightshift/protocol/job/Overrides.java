package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.Expressions;
import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Section;
import io.nightshift.protocol.job.JobKeys.Text;
import io.nightshift.protocol.job.JobKeys.Texts;
import io.nightshift.protocol.job.JobKeys.ValueType;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts `key=value` pairs into a job file before it is checked. A later one wins over an earlier one.
///
/// Where the key holds a text, the value is that text as it stands, so that SQL needs no quotes beyond the shell's;
/// anywhere else it is YAML.
final class Overrides {

    /// @param steps the names on the way from the top to the value
    /// @param verbatim whether the value is a text as it stands
    private record Target(List<String> steps, boolean verbatim) {}

    private Overrides() {}

    static Mapping apply(List<String> overrides, Mapping root, List<Mistake> mistakes) {
        Mapping result = root;
        for (String override : overrides) {
            int sign = override.indexOf('=');
            if (sign <= 0) {
                String found = "\"" + YamlValue.shortened(override) + "\"";
                mistakes.add(new Mistake(Mistake.OVERRIDE, "", found, "key=value, such as partitions.rows=1000", null));
                continue;
            }
            result = put(result, override.substring(0, sign), override.substring(sign + 1), mistakes);
        }
        return result;
    }

    private static Mapping put(Mapping root, String path, String text, List<Mistake> mistakes) {
        Target target = target(path, text);
        if (target.verbatim) {
            return put(root, target.steps, new Scalar(Scalar.Kind.TEXT, text, Mistake.OVERRIDE));
        }
        try {
            YamlValue value = YamlReader.override(text, YamlValue.shortened(path), mistakes);
            YamlValue present = value == null ? new Scalar(Scalar.Kind.NOTHING, "", Mistake.OVERRIDE) : value;
            return put(root, target.steps, present);
        } catch (YamlReader.Unreadable e) {
            mistakes.add(e.mistake);
            return root;
        }
    }

    /// Follows the path through the description. What comes after `source.select.` is one name, dots and all.
    private static Target target(String path, String text) {
        List<String> steps = new ArrayList<>();
        ValueType type = JobKeys.ROOT;
        String rest = path;
        for (int dot = rest.indexOf('.'); dot >= 0 && type instanceof Section section; dot = rest.indexOf('.')) {
            String step = rest.substring(0, dot);
            steps.add(step);
            rest = rest.substring(dot + 1);
            type = typeOf(section.key(step));
        }
        steps.add(rest);
        if (type instanceof Expressions) {
            return new Target(steps, true);
        }
        ValueType leaf = type instanceof Section section ? typeOf(section.key(rest)) : null;
        boolean isList = text.startsWith("[") && text.endsWith("]");
        return new Target(steps, leaf instanceof Text || (leaf instanceof Texts texts && texts.orOne() && !isList));
    }

    private static @Nullable ValueType typeOf(@Nullable JobKey key) {
        return key == null ? null : key.type();
    }

    private static Mapping put(Mapping target, List<String> steps, YamlValue value) {
        String step = steps.getFirst();
        Member old = target.entry(step);
        Member entry = steps.size() == 1
                ? new Member(step, Mistake.OVERRIDE, value)
                : inner(step, old, steps.subList(1, steps.size()), value);
        List<Member> entries = new ArrayList<>(target.entries());
        if (old == null) {
            entries.add(entry);
        } else {
            entries.set(entries.indexOf(old), entry);
        }
        return new Mapping(List.copyOf(entries), target.line());
    }

    private static Member inner(String step, @Nullable Member old, List<String> steps, YamlValue value) {
        return old != null && old.value() instanceof Mapping mapping
                ? new Member(step, old.line(), put(mapping, steps, value))
                : new Member(step, Mistake.OVERRIDE, put(new Mapping(List.of(), Mistake.OVERRIDE), steps, value));
    }
}
