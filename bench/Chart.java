import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Draws charts of the tables that `bench/peers.sh` and `bench/whole-job.sh` print, wherever they stand in a
/// Markdown file: `peers.svg` and `whole-job.svg`. Needs nothing but a JDK.
///
///     java bench/Chart.java docs/performance.md docs
public final class Chart {

    private static final int WIDTH = 960;
    private static final int NAMES = 412;
    private static final int BARS = 312;
    private static final int ROW = 34;
    private static final int TOP = 88;

    private final StringBuilder shapes = new StringBuilder();
    private final double scale;
    private int y = TOP;

    private Chart(double longest) {
        scale = BARS / longest;
    }

    public static void main(String[] args) throws IOException {
        List<String> lines = Files.readAllLines(Path.of(args[0]));
        Path folder = Path.of(args[1]);
        List<List<String>> peers = table(lines, "| model | theirs");
        List<List<String>> jobs = table(lines, "| job | rows | whole job, s (median, min–max of", "our rate to it");
        if (peers.isEmpty() && jobs.isEmpty()) {
            System.err.println("Chart.java: " + args[0] + " has no table of bench/peers.sh or bench/whole-job.sh.");
            System.exit(1);
        }
        if (!peers.isEmpty()) {
            Files.writeString(folder.resolve("peers.svg"), peers(peers));
        }
        if (!jobs.isEmpty()) {
            Files.writeString(folder.resolve("whole-job.svg"), jobs(jobs));
        }
    }

    /// Our rate over each library's.
    private static String peers(List<List<String>> rows) {
        Chart chart = new Chart(rows.stream().mapToDouble(row -> number(row.get(3))).max().orElseThrow());
        for (List<String> row : rows) {
            double ratio = number(row.get(3));
            double target = number(row.get(4));
            chart.bar(row.get(0).replaceAll(" *[†‡]", ""), ratio, "ours");
            chart.tick(target);
            chart.label(
                    Math.max(ratio, target),
                    row.get(3).replace("*", "") + " ×",
                    first(row.get(1)) + " → " + first(row.get(2)) + " M rows/s");
            chart.next();
        }
        chart.rule(1, "1 ×: the library itself");
        return chart.finish(
                "Scoring beside the library that trained the model",
                "our rate over its own; two threads, the same rows in memory; the mark is the target");
    }

    /// The seconds of each job, by number of rows.
    private static String jobs(List<List<String>> rows) {
        Chart chart = new Chart(rows.stream().mapToDouble(row -> number(row.get(2))).max().orElseThrow());
        String group = "";
        for (List<String> row : rows) {
            if (!row.get(1).equals(group)) {
                group = row.get(1);
                chart.heading("%,d flights".formatted((long) number(group)));
            }
            double seconds = number(row.get(2));
            String ratio = row.get(6).replace("*", "");
            chart.bar(row.get(0), seconds, row.get(0).startsWith("Nightshift") ? "ours" : "theirs");
            chart.label(
                    seconds, first(row.get(2)) + " s", ratio.isEmpty() ? "" : "our rate to it: " + ratio + " ×");
            chart.next();
        }
        return chart.finish(
                "Whole jobs, Parquet to Parquet", "seconds from the start of the process to its end; less is better");
    }

    private void heading(String text) {
        text("heading", 24, y + 21, text);
        next();
    }

    private void bar(String name, double value, String kind) {
        text("name", 24, y + 21, name);
        shapes.append("  <rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"20\" rx=\"3\"/>%n"
                .formatted(kind, NAMES, y + 6, value * scale));
    }

    private void tick(double value) {
        shapes.append("  <path class=\"tick\" d=\"M%1$.1f %2$d v28\"/>%n".formatted(NAMES + value * scale, y + 2));
    }

    private void label(double end, String main, String rest) {
        shapes.append("  <text class=\"value\" x=\"%.1f\" y=\"%d\">%s<tspan class=\"rest\" dx=\"8\">%s</tspan></text>%n"
                .formatted(NAMES + end * scale + 9, y + 21, escaped(main), escaped(rest)));
    }

    private void next() {
        y += ROW;
    }

    private void rule(double value, String text) {
        double x = NAMES + value * scale;
        shapes.append("  <path class=\"rule\" d=\"M%.1f %d V%d\"/>%n".formatted(x, TOP - 4, y + 6));
        text("rest", x, y + 22, text);
        next();
    }

    private void text(String kind, double x, int baseline, String text) {
        shapes.append("  <text class=\"%s\" x=\"%.1f\" y=\"%d\">%s</text>%n".formatted(kind, x, baseline, escaped(text)));
    }

    private String finish(String title, String subtitle) {
        int height = y + 16;
        return """
               <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" role="img" aria-labelledby="title description" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
                 <title id="title">%3$s</title>
                 <desc id="description">%4$s</desc>
                 <style>
                   .page { fill: #ffffff; stroke: #d0d7de; }
                   .title { fill: #1b1f24; font-size: 18px; font-weight: 600; }
                   .heading { fill: #1b1f24; font-size: 14px; font-weight: 600; }
                   .name { fill: #1b1f24; font-size: 14px; }
                   .value { fill: #1b1f24; font-size: 14px; font-weight: 600; }
                   .rest { fill: #59636e; font-size: 12.5px; font-weight: 400; }
                   .ours { fill: #8250df; }
                   .theirs { fill: #9aa4b0; }
                   .tick { stroke: #1b1f24; stroke-width: 2; }
                   .rule { stroke: #59636e; stroke-dasharray: 3 3; }
                   @media (prefers-color-scheme: dark) {
                     .page { fill: #161b22; stroke: #30363d; }
                     .title, .heading, .name, .value { fill: #e6edf3; }
                     .rest { fill: #9198a1; }
                     .ours { fill: #a371f7; }
                     .theirs { fill: #6e7681; }
                     .tick { stroke: #e6edf3; }
                     .rule { stroke: #9198a1; }
                   }
                 </style>
                 <rect class="page" x="0.5" y="0.5" width="%5$d" height="%6$d" rx="8"/>
                 <text class="title" x="24" y="38">%3$s</text>
                 <text class="rest" x="24" y="60">%4$s</text>
               %7$s</svg>
               """
                .formatted(WIDTH, height, escaped(title), escaped(subtitle), WIDTH - 1, height - 1, shapes);
    }

    /// The cells of the first table whose header starts, and whose last column is called, like this.
    private static List<List<String>> table(List<String> lines, String start, String... last) {
        List<List<String>> rows = new ArrayList<>();
        boolean inside = false;
        for (String line : lines) {
            if (line.startsWith(start) && (last.length == 0 || line.endsWith(last[0] + " |"))) {
                inside = true;
            } else if (inside && !line.startsWith("|")) {
                break;
            } else if (inside && !line.startsWith("|--")) {
                rows.add(cells(line));
            }
        }
        return rows;
    }

    private static List<String> cells(String line) {
        List<String> cells = new ArrayList<>();
        for (String cell : line.substring(1, line.lastIndexOf('|')).split("\\|", -1)) {
            cells.add(cell.strip());
        }
        return cells;
    }

    private static String first(String cell) {
        return cell.replaceFirst(" .*", "");
    }

    private static double number(String cell) {
        return Double.parseDouble(first(cell).replaceAll("[*,]", ""));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    static {
        Locale.setDefault(Locale.ROOT);
    }
}
