package io.nightshift.cli.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/// Rows of text under headings, each column as wide as its widest cell.
public final class TextTable {

    private static final String GAP = "  ";

    private record Column(String heading, boolean right) {}

    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /// Adds a column of text.
    public TextTable left(String heading) {
        columns.add(new Column(heading, false));
        return this;
    }

    /// Adds a column of numbers.
    public TextTable right(String heading) {
        columns.add(new Column(heading, true));
        return this;
    }

    /// @param cells one for each column
    public TextTable row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    public void print(PrintWriter out) {
        List<String> headings = columns.stream().map(Column::heading).toList();
        boolean headed = headings.stream().anyMatch(heading -> !heading.isEmpty());
        if (headed) {
            out.println(line(headings));
        }
        rows.forEach(row -> out.println(line(row)));
    }

    private String line(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String padding = " ".repeat(width(i) - cells.get(i).length());
            line.append(i == 0 ? "" : GAP)
                    .append(columns.get(i).right() ? padding + cells.get(i) : cells.get(i) + padding);
        }
        return line.toString().stripTrailing();
    }

    private int width(int column) {
        int width = columns.get(column).heading().length();
        for (List<String> row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }
}
