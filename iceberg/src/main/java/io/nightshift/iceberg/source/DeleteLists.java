package io.nightshift.iceberg.source;

import io.nightshift.protocol.failure.FailureException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/// The lists of delete files that the data files of a scan have. A delete file may apply to every data file that is
/// older, so the lists together can be many millions of entries long, while few of them differ.
///
/// A list is ordered so that it ends like those of younger data files: first the deletes of this data file
/// alone, then those of its partition, then those of the table, each from the oldest to the newest. Lists that
/// are equal from some entry on share these entries. So memory, and the work of hashing, grows with the number
/// of data files and delete files, not with that of their pairs. What is left for each pair is a comparison of
/// two references.
///
/// For one thread. A [Deletes] is immutable.
final class DeleteLists {

    /// The digits of a digest that are kept.
    private static final int DIGITS = 32;

    /// The references in lists of the scan that are kept, to recognize a list that comes again.
    private static final int MOST = 4_000_000;

    /// A list: a delete file, and the list that follows.
    ///
    /// @param next null at the end
    /// @param digest of all files of the list
    /// @param keys how many files of the list are equality deletes
    record Deletes(DeleteFile file, @Nullable Deletes next, byte[] digest, int keys) {

        /// The digest as it is pinned.
        String text() {
            return HexFormat.of().formatHex(digest).substring(0, DIGITS);
        }
    }

    /// A delete file with its place in the order of lists.
    ///
    /// @param scope 0 if it is for one data file, 1 for a partition, 2 for the table
    /// @param newest the sequence number of the newest data files that it applies to
    private record Entry(DeleteFile file, int scope, long newest, byte[] digest) {}

    /// The features that equal lists share, and few others.
    private record Start(int first, int count) {}

    private record Raw(List<DeleteFile> files, Deletes list) {}

    /// A list by its first entry and the rest of it, each of which is one object.
    private static final class Link {
        private final Entry entry;
        private final @Nullable Deletes next;

        Link(Entry entry, @Nullable Deletes next) {
            this.entry = entry;
            this.next = next;
        }

        @Override
        @SuppressWarnings("ReferenceEquality")
        public boolean equals(@Nullable Object other) {
            return other instanceof Link link && link.entry == entry && link.next == next;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(entry) + System.identityHashCode(next);
        }
    }

    private static final Comparator<Entry> ORDER = Comparator.comparingInt(Entry::scope)
            .thenComparingLong(Entry::newest)
            .thenComparing(Entry::digest, Arrays::compareUnsigned);

    private final Map<Integer, PartitionSpec> specs;
    private final Map<DeleteFile, Entry> entries = new IdentityHashMap<>();
    private final Map<Link, Deletes> lists = new HashMap<>();
    /// The newest list of each start, as the scan has it.
    private final Map<Start, Raw> known = new HashMap<>();

    private long kept;

    DeleteLists(Table table) {
        this.specs = table.specs();
    }

    /// The list of a data file.
    ///
    /// @param files at least one, as a task of the scan has them
    /// @throws FailureException permanent, if one of them can't be read
    Deletes of(List<DeleteFile> files) {
        Start start = new Start(System.identityHashCode(files.getFirst()), files.size());
        Raw before = known.get(start);
        if (before != null && areSame(before.files(), files)) {
            return before.list();
        }
        Entry[] ordered = files.stream().map(this::entry).sorted(ORDER).toArray(Entry[]::new);
        Deletes list = null;
        for (int i = ordered.length - 1; i >= 0; i--) {
            Link link = new Link(ordered[i], list);
            list = lists.computeIfAbsent(link, DeleteLists::list);
        }
        Deletes made = Objects.requireNonNull(list);
        if (kept + files.size() > MOST) {
            known.clear();
            kept = 0;
        }
        known.put(start, new Raw(files, made));
        kept += files.size();
        return made;
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean areSame(List<DeleteFile> some, List<DeleteFile> others) {
        for (int i = 0; i < some.size(); i++) {
            if (some.get(i) != others.get(i)) {
                return false;
            }
        }
        return true;
    }

    private static Deletes list(Link link) {
        MessageDigest sha = sha();
        sha.update(link.entry.digest());
        int keys = link.entry.file().content() == FileContent.EQUALITY_DELETES ? 1 : 0;
        if (link.next != null) {
            sha.update(link.next.digest());
            keys += link.next.keys();
        }
        return new Deletes(link.entry.file(), link.next, sha.digest(), keys);
    }

    private Entry entry(DeleteFile file) {
        Entry known = entries.get(file);
        if (known == null) {
            requireReadable(file);
            boolean isForTable =
                    Objects.requireNonNull(specs.get(file.specId())).isUnpartitioned();
            known = new Entry(
                    file, ContentFileUtil.isFileScoped(file) ? 0 : isForTable ? 2 : 1, newest(file), digest(file));
            entries.put(file, known);
        }
        return known;
    }

    /// Positions are deleted in files of the same commit, too.
    private static long newest(DeleteFile file) {
        return file.dataSequenceNumber() - (file.content() == FileContent.EQUALITY_DELETES ? 1 : 0);
    }

    private static void requireReadable(DeleteFile file) {
        boolean isKnown = switch (file.format()) {
            case PARQUET -> true;
            case AVRO -> file.content() == FileContent.POSITION_DELETES;
            case PUFFIN -> file.content() == FileContent.POSITION_DELETES;
            default -> false;
        };
        if (!isKnown || file.keyMetadata() != null) {
            throw FailureException.permanent(
                    "source: the delete file %s is %s, which can't be read. Have the table's engine rewrite its data files"
                            .formatted(
                                    file.location(),
                                    file.keyMetadata() != null
                                            ? "encrypted"
                                            : file.format().name().toLowerCase(Locale.ROOT) + " with "
                                                    + file.content()
                                                            .name()
                                                            .toLowerCase(Locale.ROOT)
                                                            .replace('_', ' ')));
        }
    }

    private static byte[] digest(DeleteFile file) {
        String line = "%s\t%s\t%d\t%s\t%s\t%d\t%s"
                .formatted(
                        file.content(),
                        file.location(),
                        file.fileSizeInBytes(),
                        file.contentOffset(),
                        file.dataSequenceNumber(),
                        file.recordCount(),
                        file.equalityFieldIds());
        return sha().digest(line.getBytes(StandardCharsets.UTF_8));
    }

    private static MessageDigest sha() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
