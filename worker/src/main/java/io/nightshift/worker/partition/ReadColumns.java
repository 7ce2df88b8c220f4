package io.nightshift.worker.partition;

import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJob.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The source's columns that a job's expressions may read. A name in a text literal counts too, which only adds a
/// column.
final class ReadColumns {

    /// An expression that may refer to columns by something else than their names.
    private static final Pattern ANY_COLUMN =
            Pattern.compile("\\bcolumns\\s*\\(|\\(\\s*\\*|,\\s*\\*|\\.\\s*\\*", Pattern.CASE_INSENSITIVE);

    private ReadColumns() {}

    /// The names of the columns, in the order of the source.
    static List<String> of(BoundJob job) {
        List<String> expressions = new ArrayList<>();
        Stream.of(
                        Stream.ofNullable(job.id()),
                        job.features().stream().map(BoundJob.Feature::source),
                        job.output().stream(),
                        job.segments().stream(),
                        job.checked().stream().map(BoundJob.CheckedColumn::source),
                        Stream.ofNullable(job.partition()))
                .flatMap(bounds -> bounds)
                .map(Bound::sql)
                .forEach(expressions::add);
        if (job.where() != null) {
            expressions.add(job.where());
        }
        String all = String.join("\n", expressions);
        return ANY_COLUMN.matcher(all).find() ? List.copyOf(job.columns().keySet()) : in(all, job);
    }

    /// The names of the columns that an expression names.
    static List<String> in(String expression, BoundJob job) {
        return job.columns().keySet().stream()
                .filter(name -> names(name, expression))
                .toList();
    }

    private static boolean names(String name, String expression) {
        String quoted = name.replace("\"", "\"\"");
        return Pattern.compile(
                        "(?<![\\p{L}\\p{N}_])" + Pattern.quote(quoted) + "(?![\\p{L}\\p{N}_])",
                        Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
                .matcher(expression)
                .find();
    }
}
