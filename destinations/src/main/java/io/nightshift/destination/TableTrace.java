package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.source.lake.FileOrigin;
import io.nightshift.source.lake.LakeCommit;
import io.nightshift.source.lake.LakeHistory;
import io.nightshift.source.lake.LakeSnapshot;
import io.nightshift.source.lake.LakeTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The batches that made the rows that readers of a snapshot find, as the table's own metadata has them.
///
/// @param batches those of which readers find files, or other programs' copies of them, in the order of their
///     publication
/// @param others the files of other programs
/// @param isOurs whether the table says anything of a batch
public record TableTrace(LakeSnapshot snapshot, List<Batch> batches, List<Others> others, boolean isOurs) {

    /// A batch's own files are in a folder that only Nightshift writes to.
    private static final Pattern PLACE = Pattern.compile(".*/nightshift/batch=([^/]+)/.*");

    private static final String OURS = "nightshift.";

    /// How many files, and how many rows they have.
    ///
    /// @param rows deleted ones included; -1 if the table does not say
    /// @param filesWithDeletes how many files have deleted rows
    public record Counts(long files, long rows, long filesWithDeletes) {

        static final Counts NONE = new Counts(0, 0, 0);

        Counts with(FileOrigin file) {
            return plus(new Counts(1, file.rows(), file.hasDeletes() ? 1 : 0));
        }

        Counts plus(Counts other) {
            return new Counts(
                    files + other.files,
                    rows < 0 || other.rows < 0 ? -1 : rows + other.rows,
                    filesWithDeletes + other.filesWithDeletes);
        }
    }

    /// The files of one commit of a batch.
    ///
    /// @param supplement its number; 0 for the batch itself
    /// @param commit null if the table does not have it any more
    /// @param at when it was published; null if nothing says so
    public record Part(
            int supplement,
            @Nullable LakeCommit commit,
            @Nullable Instant at,
            Counts counts) {}

    /// A batch.
    ///
    /// @param properties what the table still says of where its rows come from, by their names in tables
    /// @param parts its commits, the supplements last
    /// @param gone the links that are gone, as sentences
    public record Batch(BatchId id, SortedMap<String, String> properties, List<Part> parts, List<String> gone) {

        public Batch {
            properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
            parts = List.copyOf(parts);
            gone = List.copyOf(gone);
        }

        public Counts counts() {
            return sum(parts.stream().map(Part::counts));
        }

        /// The model as `name@version`; null if the table does not say.
        public @Nullable String model() {
            return properties.get(Provenance.MODEL_VERSION);
        }

        /// The SHA-256 of the model; null if the table does not say.
        public @Nullable String modelDigest() {
            return properties.get(Provenance.MODEL);
        }

        /// The snapshot that the batch has read, as `table@snapshot`; null if its source was not the table of a
        /// lake, or the table does not say.
        public @Nullable String input() {
            return properties.get(Provenance.INPUT);
        }

        /// The name of the table that the batch has read; null as [#input].
        public @Nullable String inputTable() {
            return properties.get(Provenance.INPUT_TABLE);
        }

        /// The ID of the schema with which the batch has read it; null as [#input].
        public @Nullable String inputSchema() {
            return properties.get(Provenance.INPUT_SCHEMA);
        }

        /// The digest of the files that the batch has read; null if the table does not say.
        public @Nullable String inputDigest() {
            return properties.get(Provenance.INPUT_DIGEST);
        }

        /// The SHA-256 of the manifest; null if the table does not say.
        public @Nullable String manifest() {
            return properties.get(Provenance.MANIFEST);
        }

        /// The hash of the last entry of the ledger that the manifest knows; null if the table does not say.
        public @Nullable String ledgerHead() {
            return properties.get(Provenance.LEDGER_HEAD);
        }
    }

    /// Files that another program has added.
    ///
    /// @param commit null if the table does not have it any more
    /// @param batch the batch whose ID they have; null if they have none
    public record Others(
            @Nullable LakeCommit commit, @Nullable String batch, Counts counts) {}

    public TableTrace {
        batches = List.copyOf(batches);
        others = List.copyOf(others);
    }

    private static Counts sum(Stream<Counts> counts) {
        return counts.reduce(Counts.NONE, Counts::plus);
    }

    /// All files of the snapshot.
    public Counts counts() {
        return sum(Stream.concat(
                batches.stream().map(Batch::counts), others.stream().map(Others::counts)));
    }

    /// Waits for the catalog and for the table's metadata.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException as [LakeTable#trace]
    public static TableTrace of(LakeTable table) {
        Collector files = new Collector();
        LakeHistory history = table.trace(files::add);
        return files.trace(history);
    }

    /// The files of a batch that say the same of where they come from.
    private record Key(
            String batch, @Nullable LakeCommit commit, SortedMap<String, String> said, boolean hasLostTags) {}

    /// Files are counted, not kept: a table may have millions.
    private static final class Collector {

        private record OtherKey(
                @Nullable LakeCommit commit, @Nullable String batch) {}

        private record Found(Counts counts, @Nullable Instant added) {}

        private final Map<Key, Found> own = new LinkedHashMap<>();
        private final Map<OtherKey, Counts> others = new LinkedHashMap<>();

        void add(FileOrigin file) {
            LakeCommit commit = file.commit();
            LakeCommit byUs = commit != null && commit.properties().containsKey(Provenance.BATCH) ? commit : null;
            SortedMap<String, String> said = new TreeMap<>();
            Map<String, String> tags = file.tags() == null ? Map.of() : file.tags();
            put(said, tags);
            if (byUs != null) {
                put(said, byUs.properties());
            }
            Matcher place = PLACE.matcher(file.path());
            String batch = said.getOrDefault(Provenance.BATCH, place.matches() ? place.group(1) : null);
            if (batch == null || !BatchId.isValid(batch)) {
                others.merge(new OtherKey(commit, file.batch()), Counts.NONE.with(file), Counts::plus);
                return;
            }
            boolean hasLostTags = file.tags() != null && !tags.containsKey(Provenance.BATCH);
            own.merge(
                    new Key(batch, byUs, said, hasLostTags),
                    new Found(Counts.NONE.with(file), file.added()),
                    (one, other) -> new Found(one.counts().plus(other.counts()), one.added()));
        }

        private static void put(Map<String, String> said, Map<String, String> properties) {
            properties.forEach((name, value) -> {
                if (name.startsWith(OURS)) {
                    said.putIfAbsent(name, value);
                }
            });
        }

        TableTrace trace(LakeHistory history) {
            SortedMap<String, List<Map.Entry<Key, Found>>> byBatch = new TreeMap<>();
            own.entrySet()
                    .forEach(entry -> byBatch.computeIfAbsent(entry.getKey().batch(), _ -> new ArrayList<>())
                            .add(entry));
            others.keySet().stream()
                    .map(OtherKey::batch)
                    .filter(batch ->
                            batch != null && history.commits().stream().anyMatch(commit -> isOf(commit, batch)))
                    .forEach(batch -> byBatch.computeIfAbsent(batch, _ -> new ArrayList<>()));
            List<Batch> batches = new ArrayList<>();
            byBatch.forEach((id, found) -> batches.add(batch(id, found, history)));
            batches.sort(Comparator.comparing((Batch batch) ->
                            Objects.requireNonNullElse(batch.parts().getFirst().at(), Instant.MIN))
                    .thenComparing(Batch::id));
            List<Others> strangers = new ArrayList<>();
            others.forEach((key, counts) -> strangers.add(new Others(key.commit(), key.batch(), counts)));
            boolean isOurs = !batches.isEmpty()
                    || history.commits().stream()
                            .flatMap(commit -> commit.properties().keySet().stream())
                            .anyMatch(name -> name.startsWith(OURS));
            return new TableTrace(history.snapshot(), batches, strangers, isOurs);
        }

        private static boolean isOf(LakeCommit commit, String batch) {
            return batch.equals(commit.properties().get(Provenance.BATCH));
        }

        private Batch batch(String id, List<Map.Entry<Key, Found>> found, LakeHistory history) {
            SortedMap<Integer, Part> parts = new TreeMap<>();
            SortedMap<String, String> said = new TreeMap<>();
            List<String> gone = new ArrayList<>();
            boolean hasLostTags = false;
            for (Map.Entry<Key, Found> entry : found) {
                Key key = entry.getKey();
                put(said, key.said());
                hasLostTags |= key.hasLostTags();
                LakeCommit commit = key.commit();
                int number = supplement(key.said());
                parts.merge(
                        number,
                        part(number, commit, entry.getValue()),
                        (one, other) -> new Part(
                                one.supplement(),
                                one.commit() == null ? other.commit() : one.commit(),
                                one.at() == null ? other.at() : one.at(),
                                one.counts().plus(other.counts())));
            }
            // The commits of a batch whose files were rewritten, and of a branch, say more than its files do.
            for (LakeCommit commit : history.commits()) {
                if (isOf(commit, id)) {
                    int number = supplement(commit.properties());
                    put(said, commit.properties());
                    parts.putIfAbsent(number, new Part(number, commit, commit.at(), Counts.NONE));
                }
            }
            said.remove(Provenance.SUPPLEMENT);
            for (Part part : parts.values()) {
                if (part.commit() == null) {
                    gone.add("The commit that has added %s %s"
                            .formatted(
                                    part.supplement() == 0 ? "the batch" : "the supplement " + part.supplement(),
                                    history.forgotten()));
                } else if (part.counts().files() == 0) {
                    gone.add("Readers find none of the files of %s: another program has rewritten or deleted them"
                            .formatted(part.supplement() == 0 ? "the batch" : "the supplement " + part.supplement()));
                }
            }
            if (hasLostTags) {
                gone.add("Files of the batch have lost their tags: another program has added them again");
            }
            if (!said.containsKey(Provenance.MODEL)) {
                gone.add("So the table does not say any more what the rows come from. The ledger and the manifest do");
            }
            others.forEach((key, counts) -> {
                if (id.equals(key.batch())) {
                    gone.add("%s with the ID of the batch %s of another program"
                            .formatted(
                                    counts.files() == 1 ? "A file" : "%,d files".formatted(counts.files()),
                                    counts.files() == 1 ? "is that" : "are those"));
                }
            });
            return new Batch(new BatchId(id), said, List.copyOf(parts.values()), gone);
        }

        private static int supplement(Map<String, String> properties) {
            return Math.max(0, new Provenance(new TreeMap<>(properties)).supplement());
        }

        private static Part part(int supplement, @Nullable LakeCommit commit, Found found) {
            return new Part(supplement, commit, commit == null ? found.added() : commit.at(), found.counts());
        }
    }
}
