package io.nightshift.node.http;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.Role;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;

/// A page for browsers with the latest batches. It needs no scripts, and loads nothing else.
final class StatusPage {

    private static final int BATCHES = 20;

    private static final String HEAD = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="refresh" content="10">
            <title>Nightshift</title>
            <style>
            :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
            body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
            table { border-collapse: collapse; width: 100%; }
            th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; }
            .number { text-align: right; font-variant-numeric: tabular-nums; }
            .failed, .damaged { color: #c0392b; }
            progress { width: 7rem; vertical-align: middle; }
            </style>
            </head>
            <body>
            <h1>Nightshift</h1>
            """;

    private StatusPage() {}

    /// @param node the node's name, `host:port`
    /// @param renderer renders the page
    static Endpoint endpoint(BatchQueries batches, String node, Executor renderer) {
        BatchQueries.Filter all = new BatchQueries.Filter(Optional.empty(), Optional.empty());
        return Endpoint.page(
                "/",
                Role.READ,
                call -> batches.page(all, Optional.empty(), BATCHES)
                        .thenApplyAsync(
                                page -> Answer.cacheable("text/html; charset=UTF-8", html(page, node))
                                        .with(
                                                "Content-Security-Policy",
                                                "default-src 'none'; style-src 'unsafe-inline'"),
                                renderer));
    }

    private static String html(BatchPage page, String node) {
        StringBuilder html = new StringBuilder(HEAD);
        html.append("<p>Node %s. The last %d batches; this page reloads every ten seconds.</p>\n"
                .formatted(escaped(node), BATCHES));
        if (page.batches().isEmpty()) {
            html.append("<p>No batch has run yet.</p>\n");
        } else {
            html.append("""
                    <table>
                    <thead><tr><th>Batch</th><th>State</th><th>Submitted</th><th>Model</th><th>Partitions</th>\
                    <th class="number">Rows</th><th class="number">Predictions</th><th class="number">Quarantined</th></tr></thead>
                    <tbody>
                    """);
            page.batches().forEach(batch -> row(html, batch));
            html.append("</tbody>\n</table>\n");
        }
        return html.append("<p><a href=\"/v1/openapi.json\">The API</a></p>\n</body>\n</html>\n")
                .toString();
    }

    private static void row(StringBuilder html, BatchDescription batch) {
        String waiting = batch.waitsFor() == null ? "" : "waits for " + batch.waitsFor();
        String note = batch.reason() == null ? waiting : batch.reason();
        String reason = note.isEmpty() ? "" : "<br><small>" + escaped(note) + "</small>";
        html.append("<tr><td>%s</td><td class=\"%s\">%s%s</td><td>%s</td><td>%s</td>"
                .formatted(
                        escaped(batch.batch()),
                        escaped(batch.state()),
                        escaped(batch.state()),
                        reason,
                        batch.submittedAt().truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                        escaped(batch.model())));
        html.append("<td><progress max=\"%d\" value=\"%d\"></progress> %d/%d</td>"
                .formatted(Math.max(1, batch.partitions()), batch.committed(), batch.committed(), batch.partitions()));
        for (long number : new long[] {batch.rows(), batch.predictions(), batch.quarantined()}) {
            html.append(String.format(Locale.ROOT, "<td class=\"number\">%,d</td>", number));
        }
        html.append("</tr>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
