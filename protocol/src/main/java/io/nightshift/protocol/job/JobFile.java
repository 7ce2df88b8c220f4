package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Scalar;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Parses the text of a job file into a [Job], or reports all mistakes in it at once. Reads no files. Safe
/// for use by several threads.
///
/// `docs/reference/job-file.md` describes the keys. The resource [#SCHEMA] describes them for editors.
public final class JobFile {

    /// Name of the resource in this package that describes job files in JSON Schema 2020-12.
    public static final String SCHEMA = "job.schema.json";

    /// The file name in the mistakes of a job that comes from no file.
    private static final Path NO_FILE = Path.of("job");

    private static final String EXPECTED = "a job: a map with at least job, model, source and destination";

    /// The keys that do not depend on the values of the parameters.
    private static final Section HEADER = new Section(JobKeys.ROOT.keys().stream()
            .filter(key -> Set.of(
                            "job",
                            "time-zone",
                            "schedule",
                            "trigger",
                            "window",
                            "deadline",
                            "priority",
                            "limits",
                            "alerts")
                    .contains(key.name()))
            .toList());

    private JobFile() {}

    /// Parses the content of a job file.
    ///
    /// @param content the file's bytes, in UTF-8
    /// @param file the file's path: relative paths in the file and in the overrides are resolved against its
    ///     folder, and mistakes name it as given here
    /// @param overrides `key=value` pairs that replace values in the file, such as `partitions.rows=1000`
    /// @throws JobFileException with every mistake, if there is one
    public static Job parse(byte[] content, Path file, List<String> overrides) {
        return parse(content, file, overrides, Map.of());
    }

    /// Parses the content of a job file with parameters; otherwise as [#parse(byte[], Path, List)].
    ///
    /// @param parameters values of the job's parameters by name; a parameter that is not among them has the
    ///     file's default
    public static Job parse(byte[] content, Path file, List<String> overrides, Map<String, String> parameters) {
        return parse(text(content, file), file, overrides, parameters);
    }

    /// Parses a job that comes from no folder, so all its paths must be absolute.
    ///
    /// @param content the job file's bytes, in UTF-8
    /// @throws JobFileException with every mistake, if there is one
    public static Job parse(byte[] content) {
        return parse(content, Map.of());
    }

    /// Parses a job that comes from no folder, so all its paths must be absolute.
    ///
    /// @param content the job file's bytes, in UTF-8
    /// @param parameters values of the job's parameters by name
    /// @throws JobFileException with every mistake, if there is one
    public static Job parse(byte[] content, Map<String, String> parameters) {
        return parse(text(content, NO_FILE), NO_FILE, null, List.of(), parameters);
    }

    private static String text(byte[] content, Path file) {
        CharBuffer text = CharBuffer.allocate(content.length);
        CoderResult result = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(content), text, true);
        text.flip();
        if (result.isError()) {
            int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
            throw mistake(file, new Mistake(line, "", "bytes that are not UTF-8", "a text file in UTF-8", null));
        }
        return text.toString();
    }

    /// Parses the text of a job file; see [#parse(byte[], Path, List)].
    ///
    /// @param yaml the text
    /// @param file the file's path
    /// @param overrides `key=value` pairs that replace values in the text
    /// @throws JobFileException with every mistake, if there is one
    public static Job parse(String yaml, Path file, List<String> overrides) {
        return parse(yaml, file, overrides, Map.of());
    }

    private static Job parse(String yaml, Path file, List<String> overrides, Map<String, String> parameters) {
        Path absolute = file.toAbsolutePath().normalize();
        return parse(yaml, file, Objects.requireNonNullElse(absolute.getParent(), absolute), overrides, parameters);
    }

    private static Job parse(
            String yaml, Path file, @Nullable Path folder, List<String> overrides, Map<String, String> parameters) {
        List<Mistake> mistakes = new ArrayList<>();
        Mapping root = Overrides.apply(overrides, root(yaml, file, mistakes), mistakes);
        JobParameters.Resolved resolved = JobParameters.resolve(root, parameters, mistakes);
        Map<String, Object> values = JobCheck.check(resolved.root(), folder, mistakes);
        if (!mistakes.isEmpty()) {
            throw mistakes(file, mistakes);
        }
        return job(new JobValues(values), resolved.parameters());
    }

    /// Reads what a job file says that does not depend on the values of its parameters.
    ///
    /// @param content the file's bytes, in UTF-8
    /// @param file the file's path: relative paths in the file are resolved against its folder
    /// @param overrides `key=value` pairs that replace values in the file
    /// @throws JobFileException with every mistake in what it reads
    public static JobHeader header(byte[] content, Path file, List<String> overrides) {
        Path absolute = file.toAbsolutePath().normalize();
        return header(text(content, file), file, Objects.requireNonNullElse(absolute.getParent(), absolute), overrides);
    }

    /// Reads the header of a job that comes from no folder, as [#header(byte[], Path, List)].
    ///
    /// @param content the job file's bytes, in UTF-8
    /// @throws JobFileException with every mistake in what it reads
    public static JobHeader header(byte[] content) {
        return header(text(content, NO_FILE), NO_FILE, null, List.of());
    }

    private static JobHeader header(String yaml, Path file, @Nullable Path folder, List<String> overrides) {
        List<Mistake> mistakes = new ArrayList<>();
        Mapping root = Overrides.apply(overrides, root(yaml, file, mistakes), mistakes);
        Mapping header = new Mapping(
                root.entries().stream()
                        .filter(entry -> HEADER.key(entry.key()) != null)
                        .toList(),
                root.line());
        List<ParameterDeclaration> parameters = JobParameters.declarations(root, mistakes);
        JobValues values = new JobValues(JobCheck.check(HEADER, header, folder, mistakes));
        if (!mistakes.isEmpty()) {
            throw mistakes(file, mistakes);
        }
        return new JobHeader(
                values.text("job"),
                parameters,
                ScheduleKeys.of(values),
                Math.toIntExact(values.whole("priority")),
                values.list("alerts", AlertRule.class),
                JobEffect.of(root));
    }

    private static Mapping root(String yaml, Path file, List<Mistake> mistakes) {
        YamlValue root;
        try {
            root = YamlReader.file(yaml.startsWith("\uFEFF") ? yaml.substring(1) : yaml, mistakes);
        } catch (YamlReader.Unreadable e) {
            mistakes.add(e.mistake);
            throw mistakes(file, mistakes);
        }
        if (root instanceof Mapping mapping) {
            return mapping;
        }
        boolean isEmpty = root == null || (root instanceof Scalar scalar && scalar.kind() == Scalar.Kind.NOTHING);
        int line = root == null ? 1 : root.line();
        String found = root == null || isEmpty ? "an empty file" : root.found();
        mistakes.add(new Mistake(line, "", found, EXPECTED, null));
        throw mistakes(file, mistakes);
    }

    private static JobFileException mistake(Path file, Mistake mistake) {
        return mistakes(file, List.of(mistake));
    }

    private static JobFileException mistakes(Path file, List<Mistake> mistakes) {
        // A key that seems to be missing may be one of those that are misspelt, so these come first.
        Comparator<Mistake> byLine = Comparator.comparing(Mistake::isMissingKey)
                .thenComparingInt(mistake -> mistake.line() <= Mistake.OVERRIDE ? Integer.MAX_VALUE : mistake.line());
        return new JobFileException(
                file.toString(), mistakes.stream().sorted(byLine).toList());
    }

    private static Job job(JobValues values, List<Parameter> parameters) {
        return new Job(
                values.text("job"),
                ModelReference.parse(values.text("model")),
                values.texts("features"),
                new Job.Source(
                        Kinds.input(values, "source"),
                        values.textOrNull("source.id"),
                        values.flag("source.unique-id"),
                        values.expressions("source.select"),
                        values.textOrNull("source.where"),
                        values.constantUnless("missing", "source.unseen-categories", Job.UnseenCategories.class),
                        values.text("source.on-empty").equals("fail"),
                        values.constantUnless("fail", "source.on-change", Job.OnChange.class),
                        values.list("source.join", Lookup.class)),
                Kinds.destination(values),
                PartitionKeys.of(values.below("partitions")),
                ErrorKeys.policy(values),
                OutputKeys.of(
                        values.below("output"),
                        values.text("destination.schema").equals("new")),
                values.categories("categories"),
                ErrorKeys.retry(values),
                parameters,
                ScheduleKeys.of(values),
                Math.toIntExact(values.whole("priority")),
                values.list("alerts", AlertRule.class),
                IncrementalKeys.of(values),
                BatchChecks.of(values.below("checks")),
                DestinationKeys.retention(values),
                RolloutKeys.of(values));
    }
}
