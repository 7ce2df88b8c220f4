package io.nightshift.source.parquet;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.source.BoundJob;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which columns of a file a job reads, found without a database: a column is read if its name is a word of
/// one of the job's expressions. That may be a column too many, never one too few, since an expression can't
/// read a column without its name.
final class ColumnNames {

    private ColumnNames() {}

    /// The columns of a file that a job reads.
    ///
    /// @param own the file's own columns
    static Set<String> read(Job job, ModelDescription model, FileSchema schema, Set<String> own) {
        List<String> texts = new ArrayList<>(job.features());
        if (texts.isEmpty()) {
            BoundJob.named(job, model).features().stream()
                    .map(ModelFeature::name)
                    .filter(Objects::nonNull)
                    .forEach(texts::add);
        }
        texts.addAll(job.output().sources());
        PartitionKey key = job.partitions().key();
        if (key != null) {
            texts.add(key.by());
        }
        texts.addAll(job.checkedColumns());
        addIdAndCondition(texts, job.source());
        return find(texts, job.source(), schema, own);
    }

    /// The columns of a file that tell which record a row is, and whether the job and the cut let it through.
    ///
    /// @param cut of the rows, or null
    /// @param own the file's own columns
    static Set<String> identifying(Job.Source source, @Nullable Cut cut, FileSchema schema, Set<String> own) {
        List<String> texts = new ArrayList<>();
        if (cut != null) {
            texts.add(cut.condition());
        }
        addIdAndCondition(texts, source);
        return find(texts, source, schema, own);
    }

    private static void addIdAndCondition(List<String> texts, Job.Source source) {
        if (source.id() != null) {
            texts.add(source.id());
        }
        if (source.where() != null) {
            texts.add(source.where());
        }
        source.lookups().forEach(lookup -> texts.addAll(lookup.matched().keySet()));
    }

    private static Set<String> find(List<String> texts, Job.Source source, FileSchema schema, Set<String> own) {
        List<String> expressions = texts.stream()
                .map(text -> source.select().getOrDefault(text, text))
                .toList();
        Set<String> found = new HashSet<>();
        for (String name : own) {
            if (isIn(expressions, name)) {
                found.add(name);
            }
        }
        for (FileSchema.Column column : schema.columns()) {
            if (column.own() != null && isIn(expressions, column.name())) {
                found.add(column.own());
            }
        }
        return found;
    }

    private static boolean isIn(List<String> expressions, String name) {
        Pattern word = Pattern.compile(
                "(?<![\\p{L}\\p{N}_])(%s|%s)(?![\\p{L}\\p{N}_])"
                        .formatted(Pattern.quote(name), Pattern.quote(name.replace("\"", "\"\""))),
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        return expressions.stream()
                .anyMatch(expression ->
                        expression.equals(name) || word.matcher(expression).find());
    }
}
