package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A snapshot of a table in an Iceberg catalog. At most one of `snapshot`, `ref` and `asOf` is given; without
/// them, it is the table's current snapshot.
///
/// @param catalog the catalog's name in the configuration of the nodes
/// @param table its name with the namespace, as `namespace.table`; a namespace may have several parts
/// @param snapshot the ID of the snapshot, or null
/// @param ref the name of a branch or a tag, or null
/// @param asOf the time at which the snapshot was the current one, as ISO 8601 with an offset, or null
public record IcebergInput(
        String catalog,
        String table,
        @Nullable String snapshot,
        @Nullable String ref,
        @Nullable String asOf) implements Input {

    private static final List<String> VERSIONS = List.of("snapshot", "ref", "as-of");

    static final Kind<IcebergInput> KIND = new Kind<>(
            IcebergInput.class,
            JobKey.optional(
                    "iceberg",
                    new Section(List.of(
                            JobKey.required(
                                            "catalog",
                                            new Text(Form.CATALOG),
                                            "The Iceberg catalog, by its name in the configuration of the nodes.",
                                            "lake")
                                    .from(IcebergInput.class, IcebergInput::catalog),
                            JobKey.required(
                                            "table",
                                            new Text(Form.ICEBERG_TABLE),
                                            "The table to read, with its namespace.",
                                            "sales.customers")
                                    .from(IcebergInput.class, IcebergInput::table),
                            JobKey.optional(
                                            "snapshot",
                                            new Text(Form.SNAPSHOT),
                                            "The ID of the snapshot to read. Without this key, `ref` and `as-of`, a batch reads the table's current snapshot.",
                                            "3821550127947089009")
                                    .from(IcebergInput.class, IcebergInput::snapshot),
                            JobKey.optional(
                                            "ref",
                                            new Text(Form.REF),
                                            "The branch or tag whose snapshot to read.",
                                            "end-of-month")
                                    .from(IcebergInput.class, IcebergInput::ref),
                            JobKey.optional(
                                            "as-of",
                                            new Text(Form.INSTANT),
                                            "A time with an offset from UTC. A batch reads the snapshot that was the current one at that time.",
                                            "2026-11-25T06:00:00Z")
                                    .from(IcebergInput.class, IcebergInput::asOf))),
                    "A table of an Iceberg catalog. A batch reads one snapshot of it.",
                    ""),
            IcebergInput::read);

    public IcebergInput {
        if (Stream.of(snapshot, ref, asOf).filter(text -> text != null).count() > 1) {
            throw new IllegalArgumentException("several snapshots");
        }
    }

    /// The table's current snapshot.
    public IcebergInput(String catalog, String table) {
        this(catalog, table, null, null, null);
    }

    private static IcebergInput read(JobValues values) {
        return new IcebergInput(
                values.text("catalog"),
                values.text("table"),
                values.textOrNull("snapshot"),
                values.textOrNull("ref"),
                values.textOrNull("as-of"));
    }

    /// Checks that a section of a job file chooses one snapshot.
    ///
    /// @param section with the key that chooses the kind of input
    static void check(JobCheck check, Mapping section, String path) {
        Member iceberg = section.entry("iceberg");
        if (iceberg == null || !(iceberg.value() instanceof Mapping keys)) {
            return;
        }
        List<Member> versions = VERSIONS.stream()
                .flatMap(key -> Stream.ofNullable(keys.entry(key)))
                .toList();
        if (versions.size() > 1) {
            check.add(new Mistake(
                    versions.get(1).line(),
                    JobKey.path(JobKey.path(path, "iceberg"), versions.get(1).key()),
                    "a second choice of the snapshot, after "
                            + versions.getFirst().key(),
                    "only one of " + String.join(", ", VERSIONS),
                    null));
        }
    }

    @Override
    public String toString() {
        return "table %s in catalog %s".formatted(table, catalog);
    }
}
