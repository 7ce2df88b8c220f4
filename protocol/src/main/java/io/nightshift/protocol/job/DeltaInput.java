package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A version of a Delta Lake table. At most one of `version` and `asOf` is given; without them, it is the
/// table's newest version.
///
/// @param table the table's folder: an absolute path, or `s3://bucket/prefix`
/// @param version the number of the version, or null
/// @param asOf the time at which the version was the newest one, as ISO 8601 with an offset, or null
public record DeltaInput(
        String table, @Nullable String version, @Nullable String asOf) implements Input {

    static final Kind<DeltaInput> KIND = new Kind<>(
            DeltaInput.class,
            JobKey.optional(
                    "delta",
                    new SectionOr(
                            "table",
                            new Section(List.of(
                                    JobKey.required(
                                                    "table",
                                                    new Text(Form.PLACE),
                                                    "The folder of the table, or its prefix of objects as `s3://bucket/prefix`.",
                                                    "s3://lake/customers")
                                            .from(DeltaInput.class, DeltaInput::table),
                                    JobKey.optional(
                                                    "version",
                                                    new Text(Form.VERSION),
                                                    "The version to read. Without this key and `as-of`, a batch reads the table's newest version.",
                                                    "12")
                                            .from(DeltaInput.class, DeltaInput::version),
                                    JobKey.optional(
                                                    "as-of",
                                                    new Text(Form.INSTANT),
                                                    "A time with an offset from UTC. A batch reads the version that was the newest one at that time.",
                                                    "2026-11-25T06:00:00Z")
                                            .from(DeltaInput.class, DeltaInput::asOf)))),
                    "A [Delta Lake table](../how-to/delta-source.md): its folder, or a map of `table` and the version to read. A batch reads one version of it.",
                    ""),
            values -> new DeltaInput(values.text("table"), values.textOrNull("version"), values.textOrNull("as-of")));

    public DeltaInput {
        if (version != null && asOf != null) {
            throw new IllegalArgumentException("several versions");
        }
    }

    /// The table's newest version.
    public DeltaInput(String table) {
        this(table, null, null);
    }

    /// Checks that a section of a job file chooses one version.
    ///
    /// @param section with the key that chooses the kind of input
    static void check(JobCheck check, Mapping section, String path) {
        Member delta = section.entry("delta");
        if (delta == null || !(delta.value() instanceof Mapping keys)) {
            return;
        }
        Member asOf = keys.entry("as-of");
        if (asOf != null && keys.entry("version") != null) {
            check.add(new Mistake(
                    asOf.line(),
                    JobKey.path(JobKey.path(path, "delta"), "as-of"),
                    "a second choice of the version, after version",
                    "only one of version, as-of",
                    null));
        }
    }

    @Override
    public String toString() {
        return "Delta table " + table;
    }
}
