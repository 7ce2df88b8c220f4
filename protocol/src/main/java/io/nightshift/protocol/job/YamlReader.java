package io.nightshift.protocol.job;

import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// Reads one document of YAML 1.2 (core schema) into [YamlValue]s.
///
/// The class reads the parser's events instead of SnakeYAML's composed nodes, since job files may be hostile.
/// The composer recurses for each nesting level, so a file of a million `[` would overflow its stack. Here
/// the nesting is bounded. An alias refers to the same value object as its anchor, so aliases can't multiply
/// the size of a file. An alias inside its own anchor is refused as unknown.
final class YamlReader {

    static final int MAX_LENGTH = 1 << 20;
    static final int MAX_DEPTH = 20;
    static final int MAX_ALIASES = 100;

    /// A mistake after which the rest of the text can't be parsed.
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        final transient Mistake mistake;

        private Unreadable(Mistake mistake) {
            super(mistake.found());
            this.mistake = mistake;
        }
    }

    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setSchema(new CoreSchema()).build();

    private final Iterator<Event> events;
    private final List<Mistake> mistakes;
    private final Map<String, YamlValue> anchors = new HashMap<>();
    private final String path;
    private final boolean override;
    private int aliases;

    private YamlReader(String yaml, String path, boolean override, List<Mistake> mistakes) {
        this.events = new Parse(SETTINGS).parseString(yaml).iterator();
        this.path = path;
        this.override = override;
        this.mistakes = mistakes;
    }

    /// Reads the document in a file; null if it has none.
    ///
    /// @param mistakes receives the mistakes after which reading continues, such as a repeated key
    static @Nullable YamlValue file(String yaml, List<Mistake> mistakes) throws Unreadable {
        return read(yaml, "", false, mistakes);
    }

    /// Reads the value of an override; null if it has none.
    ///
    /// @param path path of the key that the override sets
    /// @param mistakes receives the mistakes after which reading continues
    static @Nullable YamlValue override(String yaml, String path, List<Mistake> mistakes) throws Unreadable {
        return read(yaml, path, true, mistakes);
    }

    private static @Nullable YamlValue read(String yaml, String path, boolean override, List<Mistake> mistakes)
            throws Unreadable {
        YamlReader reader = new YamlReader(yaml, path, override, mistakes);
        if (yaml.length() > MAX_LENGTH) {
            throw reader.unreadable(1, "the text has " + yaml.length() + " characters", "at most " + MAX_LENGTH);
        }
        try {
            return reader.document();
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
            int line = mark.map(Mark::getLine).orElse(0) + 1;
            throw reader.unreadable(line, "not YAML: " + sentence(e.getProblem()), "YAML 1.2");
        } catch (ReaderException e) {
            throw reader.unreadable(
                    lineOf(yaml, e.getPosition()),
                    "not YAML: the character U+%04X".formatted(e.getCodePoint()),
                    "printable characters only");
        } catch (YamlEngineException | IllegalArgumentException e) {
            throw reader.unreadable(1, "not YAML: " + sentence(e.getMessage()), "YAML 1.2");
        }
    }

    private Unreadable unreadable(int line, String found, String expected) {
        return new Unreadable(new Mistake(override ? Mistake.OVERRIDE : line, path, found, expected, null));
    }

    private @Nullable YamlValue document() throws Unreadable {
        YamlValue root = null;
        boolean begun = false;
        while (events.hasNext()) {
            Event event = events.next();
            if (event instanceof DocumentStartEvent) {
                if (begun) {
                    throw unreadable(line(event), "a second document", "one job in a file; remove the \"---\"");
                }
                begun = true;
                root = value(events.next(), path, 0);
            }
        }
        return root;
    }

    private YamlValue value(Event event, String path, int depth) throws Unreadable {
        if (depth > MAX_DEPTH) {
            throw unreadable(
                    line(event), "values are nested in more than " + MAX_DEPTH + " levels", "at most three levels");
        }
        if (event instanceof AliasEvent alias) {
            return named(alias);
        }
        YamlValue value = switch (event) {
            case ScalarEvent scalar -> scalar(scalar, path);
            case MappingStartEvent start -> mapping(start, path, depth);
            default -> sequence(event, path, depth);
        };
        ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor.getValue(), value));
        return value;
    }

    private YamlValue named(AliasEvent alias) throws Unreadable {
        aliases++;
        if (aliases > MAX_ALIASES) {
            throw unreadable(line(alias), "more than " + MAX_ALIASES + " aliases", "values written out");
        }
        String name = alias.getAlias().getValue();
        YamlValue value = anchors.get(name);
        if (value == null) {
            throw unreadable(line(alias), "the alias *" + name + " has no anchor", "&" + name + " before it");
        }
        return value;
    }

    private Scalar scalar(ScalarEvent event, String path) {
        Optional<String> tag = event.getTag();
        boolean isText = tag.filter(Tag.STR.getValue()::equals).isPresent();
        if (tag.isPresent() && !isText && !tag.get().equals("!")) {
            refuseTag(event, path, tag.get());
        }
        Tag resolved = isText
                ? Tag.STR
                : SETTINGS.getSchema()
                        .getScalarResolver()
                        .resolve(event.getValue(), event.getImplicit().canOmitTagInPlainScalar());
        return new Scalar(kind(resolved), event.getValue(), line(event));
    }

    private static Scalar.Kind kind(Tag tag) {
        if (tag.equals(Tag.INT)) {
            return Scalar.Kind.WHOLE;
        }
        if (tag.equals(Tag.FLOAT)) {
            return Scalar.Kind.DECIMAL;
        }
        if (tag.equals(Tag.BOOL)) {
            return Scalar.Kind.BOOLEAN;
        }
        return tag.equals(Tag.NULL) ? Scalar.Kind.NOTHING : Scalar.Kind.TEXT;
    }

    private Sequence sequence(Event start, String path, int depth) throws Unreadable {
        checkTag(start, path);
        List<YamlValue> items = new ArrayList<>();
        for (Event event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
            items.add(value(event, path, depth + 1));
        }
        return new Sequence(items, line(start));
    }

    private Mapping mapping(MappingStartEvent start, String path, int depth) throws Unreadable {
        checkTag(start, path);
        Map<String, Member> entries = new LinkedHashMap<>();
        for (Event event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
            int line = line(event);
            YamlValue key = value(event, path, depth + 1);
            if (!(key instanceof Scalar scalar)) {
                mistakes.add(new Mistake(line, path, key.found() + " as a key", "a name", null));
                value(events.next(), path, depth + 1);
                continue;
            }
            String inner = JobKey.path(path, YamlValue.shortened(scalar.text()));
            YamlValue value = value(events.next(), inner, depth + 1);
            Member earlier = entries.putIfAbsent(scalar.text(), new Member(scalar.text(), line, value));
            if (earlier != null) {
                String found = "the key is given twice, first in line " + earlier.line();
                mistakes.add(new Mistake(line, inner, found, "each key once", null));
            }
        }
        return new Mapping(List.copyOf(entries.values()), line(start));
    }

    private void checkTag(Event event, String path) {
        if (event instanceof CollectionStartEvent start && start.getTag().isPresent()) {
            refuseTag(event, path, start.getTag().get());
        }
    }

    private void refuseTag(Event event, String path, String tag) {
        mistakes.add(
                new Mistake(line(event), path, "the tag " + YamlValue.shortened(tag), "values without tags", null));
    }

    private static String sentence(@Nullable String problem) {
        return problem == null
                ? "the text can't be read"
                : problem.replaceAll("\\s+", " ").strip();
    }

    private static int lineOf(String yaml, int position) {
        return 1
                + (int) yaml.codePoints().limit(position).filter(c -> c == '\n').count();
    }

    private int line(Event event) {
        return override
                ? Mistake.OVERRIDE
                : event.getStartMark().map(Mark::getLine).orElse(0) + 1;
    }
}
