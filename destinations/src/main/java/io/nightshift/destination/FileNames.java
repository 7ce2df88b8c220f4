package io.nightshift.destination;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.storage.duckdb.Sql;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The names of the files of a batch: as a worker stages them, and as readers see them.
///
/// @param extension of every file, with the dot
/// @param folder the name of the folders for the predictions of each partition value, or null if there are
///     none
public record FileNames(String extension, @Nullable String folder) {

    private static final String STAGED = "%s.%s.staged";

    /// The name of the folder of rows whose partition key is NULL, by which readers of such folders know
    /// NULL.
    private static final String NO_VALUE = "__HIVE_DEFAULT_PARTITION__";

    /// The names in one folder.
    public FileNames(String extension) {
        this(extension, null);
    }

    /// The published file with a partition's predictions.
    public String part(int partition) {
        return String.format(Locale.ROOT, "part-%06d%s", partition, extension);
    }

    /// The published file with the predictions of a commit, below the batch's folder.
    public String part(PartitionCommit commit) {
        String name = part(commit.partition());
        return folder == null ? name : folder + "=" + escaped(commit.value()) + "/" + name;
    }

    /// One of the published files of a divided part.
    ///
    /// @param part the name that the part has if it is one file
    /// @param file its position, from 0
    private String divided(String part, int file) {
        return String.format(
                Locale.ROOT, "%s-%04d%s", part.substring(0, part.length() - extension.length()), file, extension);
    }

    /// A value as Hive writes it into the name of a folder.
    private static String escaped(@Nullable String value) {
        if (value == null) {
            return NO_VALUE;
        }
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean isPlain = c >= ' ' && "\"#%'*/:=?\\\u007f{}[]^<>|".indexOf(c) < 0;
            escaped.append(isPlain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
        }
        return escaped.toString();
    }

    /// All published files with predictions, or all with quarantined rows, as a glob below the batch's
    /// folder.
    public String glob(boolean quarantine) {
        String files = (quarantine ? "_quarantine-*" : "part-*") + extension;
        return folder == null || quarantine ? files : folder + "=*/" + files;
    }

    /// A query that counts the values of a column of a published batch.
    ///
    /// @param published the folder or the prefix of the batch
    /// @param quarantine whether of the quarantined rows
    public DestinationStore.Query query(String published, String column, boolean quarantine) {
        return new DestinationStore.Query(
                "duckdb -c",
                "SELECT %s, count(*) FROM '%s/%s' GROUP BY ALL"
                        .formatted(Sql.readable(column), published, glob(quarantine)));
    }

    /// Whether a published file holds predictions.
    public boolean isPart(String name) {
        return name.startsWith("part-") && name.endsWith(extension);
    }

    /// The published file with a partition's quarantined rows.
    public String quarantine(int partition) {
        return String.format(Locale.ROOT, "_quarantine-%06d%s", partition, extension);
    }

    /// The file to which an attempt writes its predictions.
    public String stagedPart(Attempt attempt) {
        return STAGED.formatted(part(attempt.partition()), attempt.epoch());
    }

    /// A file to which an attempt writes predictions that are divided.
    ///
    /// @param file its position, from 0
    public String stagedPart(Attempt attempt, int file) {
        return stagedParts(attempt) + file + ".staged";
    }

    /// The beginning of the names of such files, which no other file has.
    public String stagedParts(Attempt attempt) {
        String part = stagedPart(attempt);
        return part.substring(0, part.lastIndexOf('.') + 1);
    }

    /// The file to which an attempt writes its quarantined rows.
    public String stagedQuarantine(Attempt attempt) {
        return STAGED.formatted(quarantine(attempt.partition()), attempt.epoch());
    }

    /// A file that a batch has committed.
    ///
    /// @param partition of the commit
    /// @param name as readers see it
    /// @param stagedName as the worker wrote it
    /// @param holdsPredictions whether it holds predictions; otherwise quarantined rows
    public record Committed(int partition, String name, String stagedName, OutputFile file, boolean holdsPredictions) {}

    /// The files of a commit: those of its part, and the file of its quarantined rows if there are any.
    public Stream<Committed> of(BatchId batch, PartitionCommit commit) {
        Attempt attempt = commit.attempt(batch);
        int partition = commit.partition();
        OutputFile bad = commit.quarantine();
        return bad == null
                ? parts(attempt, commit)
                : Stream.concat(
                        parts(attempt, commit),
                        Stream.of(new Committed(
                                partition, quarantine(partition), stagedQuarantine(attempt), bad, false)));
    }

    private Stream<Committed> parts(Attempt attempt, PartitionCommit commit) {
        String name = part(commit);
        List<OutputFile> files = commit.part().files();
        return files.isEmpty()
                ? Stream.of(new Committed(commit.partition(), name, stagedPart(attempt), commit.part(), true))
                : IntStream.range(0, files.size())
                        .mapToObj(file -> new Committed(
                                commit.partition(),
                                divided(name, file),
                                stagedPart(attempt, file),
                                files.get(file),
                                true));
    }
}
