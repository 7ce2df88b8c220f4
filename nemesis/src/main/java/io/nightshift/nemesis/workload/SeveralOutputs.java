package io.nightshift.nemesis.workload;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Several destinations of one batch. Each of them has to have the whole batch.
///
/// @param members in the order in which the batch becomes visible
public record SeveralOutputs(List<BatchOutput> members) implements BatchOutput {

    public SeveralOutputs {
        members = List.copyOf(members);
    }

    private interface Question {
        String of(BatchOutput member) throws IOException, SQLException;
    }

    @Override
    public String name() {
        return members.stream().map(BatchOutput::name).collect(Collectors.joining(" + "));
    }

    @Override
    public String destination() {
        return members.stream().map(BatchOutput::destination).collect(Collectors.joining(", ", "{several: [", "]}"));
    }

    @Override
    public void clear() throws IOException, SQLException {
        for (BatchOutput member : members) {
            member.clear();
        }
    }

    /// The batches that readers of all destinations see.
    @Override
    public List<String> published() throws IOException, SQLException {
        List<String> published = new ArrayList<>(members.getFirst().published());
        for (BatchOutput member : members) {
            published.retainAll(member.published());
        }
        return published;
    }

    @Override
    public String otherThan(String batch) throws IOException, SQLException {
        return answers(member -> member.otherThan(batch));
    }

    @Override
    public String digest() throws IOException, SQLException {
        return answers(BatchOutput::digest);
    }

    @Override
    public List<VisibleRows> visibleRows() throws IOException, SQLException {
        List<VisibleRows> rows = new ArrayList<>();
        for (BatchOutput member : members) {
            rows.addAll(member.visibleRows());
        }
        return rows;
    }

    @Override
    public String leftovers() throws IOException, SQLException {
        return answers(BatchOutput::leftovers);
    }

    private String answers(Question question) throws IOException, SQLException {
        List<String> answers = new ArrayList<>();
        for (BatchOutput member : members) {
            answers.add(question.of(member));
        }
        answers.removeIf(String::isEmpty);
        return String.join(", ", answers);
    }
}
