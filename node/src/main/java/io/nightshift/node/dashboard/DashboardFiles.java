package io.nightshift.node.dashboard;

import io.nightshift.api.operation.NodeApi;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.http.Answer;
import io.nightshift.node.http.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/// The files of the pages. They hold no data, so anyone may read them.
final class DashboardFiles {

    static final String PAGE = "index.html";

    /// Without the page itself.
    static final List<String> FILES = List.of(
            "app.js",
            "server.js",
            "format.js",
            "parts.js",
            "charts.js",
            "actions.js",
            "tonight.js",
            "batch.js",
            "job.js",
            "nodes.js",
            "models.js",
            "style.css",
            "favicon.svg",
            "preact.js",
            "uplot.js",
            "uplot.css");

    /// Scripts and styles come from this server's files only, and data from this server only.
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=UTF-8",
            "js", "text/javascript; charset=UTF-8",
            "css", "text/css; charset=UTF-8",
            "svg", "image/svg+xml");

    private final Answer page = answer(PAGE)
            .with("Content-Security-Policy", POLICY)
            .with("Cross-Origin-Opener-Policy", "same-origin")
            .with("X-Frame-Options", "DENY");

    private final Map<String, Answer> files = new HashMap<>();

    DashboardFiles() {
        FILES.forEach(file -> files.put(file, answer(file)));
    }

    Answer page() {
        return page;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(NodeApi.DASHBOARD, call -> CompletableFuture.completedFuture(page)),
                new Endpoint(
                        NodeApi.DASHBOARD_FILE, call -> CompletableFuture.completedFuture(file(call.segment("file")))));
    }

    private Answer file(String name) {
        Answer file = files.get(name);
        if (file == null) {
            throw ProblemException.notFound("file", "The dashboard has no such file.");
        }
        return file;
    }

    private static Answer answer(String file) {
        String type = Objects.requireNonNull(TYPES.get(file.substring(file.lastIndexOf('.') + 1)), file);
        return Answer.cacheable(type, text(file))
                .with("Referrer-Policy", "no-referrer")
                .with("Cross-Origin-Resource-Policy", "same-origin");
    }

    static String text(String file) {
        try (InputStream in = Objects.requireNonNull(DashboardFiles.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
