package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Expressions;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Applies `key=value` overrides to a parsed job file before it is validated. A later override replaces an
/// earlier one.
///
/// If the key holds text, the value is used verbatim, so that SQL needs no quotes other than the shell's. For
/// any other key, the value is parsed as YAML.
final class Overrides {

    /// The key that an override sets.
    ///
    /// @param steps the names on the path from the top level to the key
    /// @param verbatim whether the value is text and not YAML
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

    /// Resolves a path against the known keys. Everything after `source.select.` is one name, which may
    /// contain dots.
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
        if (leaf instanceof SectionOr either && !text.startsWith("{")) {
            leaf = either.only().type();
        }
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
