package io.nightshift.system.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.coordinator.ledger.JournalWriter;
import io.nightshift.nemesis.load.EndedBatches;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openqa.selenium.logging.LogType;

/// How fast is the dashboard when there is much to show, and what do open pages cost? Run by `bench/dashboard.sh`.
///
/// It writes a journal of many ended batches and of one open batch with very many partitions on 200 nodes, starts
/// `nightshift serve` on it, and asks a headless Chromium: the time from the navigation to the first content
/// that is of use, the time from a click to its result, and the bytes of the page's data. 200 nodes can't be
/// started here, so the answer of `/v1/nodes` is replaced by one with 200 nodes.
///
/// Then it scores with and without open pages, and compares the processor time of the server for each row.
public final class DashboardMeasurement {

    private static final int OPEN_PAGES = 200;
    private static final int TIMES = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Notes when the content is there that the page is opened for, and painted.
    private static final String WATCHER = """
            window.useful = null;
            const wanted = 'ul.rows li, svg.map, ul.grid li, ul.cards li, .empty, article.version';
            const looked = () => {
              if (window.useful === null && document.querySelector(wanted)) {
                requestAnimationFrame(() => requestAnimationFrame(() => { window.useful = performance.now(); }));
              } else requestAnimationFrame(looked);
            };
            requestAnimationFrame(looked);
            """;

    /// Answers a request for nodes with 200 of them.
    private static final String NODES = """
            const real = window.fetch;
            window.fetch = (address, options) => String(address).endsWith('v1/nodes')
              ? Promise.resolve(new Response(JSON.stringify(NODES), {headers: {'Content-Type': 'application/json'}}))
              : real(address, options);
            """;

    /// Clicks something as soon as it is there, and waits until its result is painted.
    private static final String CLICK = """
            const [target, result, done] = arguments;
            const click = () => {
              const found = document.querySelector(target);
              if (!found) return requestAnimationFrame(click);
              const begin = performance.now();
              found.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
              const looked = () => (document.querySelector(result)
                ? requestAnimationFrame(() => done(performance.now() - begin))
                : requestAnimationFrame(looked));
              looked();
            };
            click();
            """;

    private static final String FIND = """
            const [text, done] = arguments;
            const field = document.querySelector('input[type=search]');
            const begin = performance.now();
            field.value = text;
            field.dispatchEvent(new Event('input', {bubbles: true}));
            const looked = () => (document.querySelectorAll('ul.rows li').length === 1
              ? requestAnimationFrame(() => done(performance.now() - begin))
              : requestAnimationFrame(looked));
            looked();
            """;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Path folder;
    private boolean passed = true;

    private DashboardMeasurement(Path folder) {
        this.folder = folder;
    }

    /// @param arguments jobs, batches of each job, partitions of the open batch, and for how many seconds to score
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 4) {
            System.err.println("usage: JOBS BATCHES PARTITIONS SECONDS");
            System.exit(2);
        }
        Path folder = Files.createTempDirectory("nightshift-dashboard-");
        DashboardMeasurement measurement = new DashboardMeasurement(folder);
        try {
            measurement.measure(
                    Integer.parseInt(arguments[0]),
                    Integer.parseInt(arguments[1]),
                    Integer.parseInt(arguments[2]),
                    Duration.ofSeconds(Integer.parseInt(arguments[3])));
        } finally {
            Folders.deleteTree(folder);
        }
        System.exit(measurement.passed ? 0 : 1);
    }

    private void measure(int jobs, int batches, int partitions, Duration time) throws Exception {
        FlightsJob flights = FlightsJob.in(folder.resolve("job"));
        Path home = Files.createDirectories(folder.resolve("home"));
        long begin = System.nanoTime();
        String[] large = new String[1];
        EndedBatches.inHome(home, ledger -> {
            try (JournalWriter journal = JournalWriter.open(ledger)) {
                List<Job> all = new ArrayList<>();
                for (int i = 0; i < jobs; i++) {
                    all.add(job(flights, name(i)));
                }
                double seconds = 30.0 * 86_400 / Math.max(1, (long) jobs * batches);
                EndedBatches.write(journal, all, batches, Instant.now().minus(Duration.ofDays(30)), seconds);
                large[0] = LargeBatch.write(
                                journal,
                                job(flights, "large"),
                                partitions,
                                Instant.now().minus(Duration.ofHours(1)))
                        .value();
                journal.finish();
            }
        });
        out.printf(
                Locale.ROOT,
                "%,d jobs with %,d batches each, and a batch of %,d partitions: written in %.0f s%n",
                jobs,
                batches,
                partitions,
                (System.nanoTime() - begin) / 1e9);
        try (HomeServer server = new HomeServer(folder)) {
            try (Browser browser = new Browser(true)) {
                look(browser, server, large[0], name(jobs - 1));
            }
            score(server, flights, time.dividedBy(4));
        }
    }

    private static String name(int job) {
        return "history-%04d".formatted(job);
    }

    private Job job(FlightsJob flights, String name) throws IOException {
        return JobFile.parse(
                Files.readAllBytes(flights.file()),
                flights.file(),
                List.of("job=" + name, "destination.parquet=" + folder.resolve("predictions")));
    }

    // What a browser sees.

    /// @param job whose batches are the newest
    private void look(Browser browser, HomeServer server, String large, String job) {
        browser.open(
                URI.create(server.command("ui", "--no-browser").expect(0).out().strip()));
        browser.awaitText("Tonight");
        script(browser, WATCHER);
        script(browser, NODES.replace("NODES", nodes()));
        // The first opening fills the caches of the server, as the first person of a night does.
        out.printf("%n| page | useful after, first time | median of %d | data |%n|---|---|---|---|%n", TIMES);
        page(browser, server, "Tonight", "#/");
        page(browser, server, "Job", "#/jobs/" + job);
        page(browser, server, "Batch", "#/batches/" + large);
        page(browser, server, "Nodes", "#/nodes");
        page(browser, server, "Models", "#/models");

        out.printf("%n| click | median of %d | worst |%n|---|---|---|%n", TIMES);
        measured("find a job among the rows of Tonight", () -> {
            open(browser, server, "#/");
            return millis(browser, FIND, job);
        });
        measured("from Tonight to the large batch", () -> {
            open(browser, server, "#/");
            return click(browser, "a.job[href*='large-']", "svg.map");
        });
        measured("choose a cell of the map of partitions", () -> {
            open(browser, server, "#/batches/" + large);
            return click(browser, "svg.map g.cell:nth-child(200)", ".details table");
        });
        measured("from Tonight to a job", () -> {
            open(browser, server, "#/");
            return click(browser, "a.id[href='#/jobs/%s']".formatted(job), "ul.grid li");
        });
        measured("from Tonight to the nodes", () -> {
            open(browser, server, "#/");
            return click(browser, "nav a[href='#/nodes']", "ul.cards li");
        });
        measured("open the dialog of an action", () -> {
            open(browser, server, "#/batches/" + large);
            return click(browser, "main .title .buttons button", "dialog[open]");
        });
    }

    private static void script(Browser browser, String source) {
        browser.driver().executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", source));
    }

    private static String nodes() {
        String now = Instant.now().minusSeconds(12).toString();
        return IntStream.range(0, 200)
                .mapToObj(i -> """
                        {"node":"node-%1$d:7355","state":"up","roles":["coordinator","worker"],"version":"0.1.0","faults":[],
                         "work":{"threads":64,"slots":80,"busy":64,"stuck":0,
                           "memory":{"process":9000000000,"heap":900000000,"most_heap":4000000000,"total":16000000000},
                           "scratch":{"folder":"/var/lib/nightshift/spill","used":0,"free":800000000000,"total":900000000000},
                           "scoring":[{"batch":"large-%1$d","partitions":64,"rows":12000,"since":"%2$s"}]}}""".formatted(i, now))
                .collect(Collectors.joining(",", "{\"nodes\":[", "]}"));
    }

    private static double open(Browser browser, HomeServer server, String fragment) {
        browser.open(URI.create("about:blank"));
        browser.open(server.address().resolve("/" + fragment));
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (browser.ask("return window.useful") == null) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("%s shows nothing of use, but: %s"
                        .formatted(fragment, browser.ask("return document.body.innerText")));
            }
            // The page notes the time itself, and needs the processors meanwhile.
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        return ((Number) browser.ask("return window.useful")).doubleValue();
    }

    private void page(Browser browser, HomeServer server, String name, String fragment) {
        browser.driver().manage().logs().get(LogType.PERFORMANCE);
        double first = open(browser, server, fragment);
        long bytes = data(browser);
        double[] times = IntStream.range(0, TIMES)
                .mapToDouble(i -> open(browser, server, fragment))
                .sorted()
                .toArray();
        out.printf(Locale.ROOT, "| %s | %.0f ms | %.0f ms | %.1f kB |%n", name, first, times[TIMES / 2], bytes / 1e3);
        passed &= first < 1_000 && bytes <= 300_000;
    }

    /// The bytes of the answers and events that are not files of the dashboard, before compression.
    private static long data(Browser browser) {
        Map<String, Boolean> isData = new HashMap<>();
        long bytes = 0;
        for (var entry : browser.driver().manage().logs().get(LogType.PERFORMANCE)) {
            try {
                JsonNode message = JSON.readTree(entry.getMessage()).get("message");
                JsonNode params = message.get("params");
                String request = params.path("requestId").asText();
                if (message.get("method").asText().equals("Network.requestWillBeSent")) {
                    String path = URI.create(params.at("/request/url").asText()).getPath();
                    isData.put(request, path != null && !path.startsWith("/ui/") && path.length() > 1);
                } else if (message.get("method").asText().equals("Network.dataReceived")
                        && isData.getOrDefault(request, false)) {
                    bytes += params.get("dataLength").asLong();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        return bytes;
    }

    @FunctionalInterface
    private interface Measurement {
        double millis();
    }

    private void measured(String name, Measurement measurement) {
        double[] times = IntStream.range(0, TIMES)
                .mapToDouble(i -> measurement.millis())
                .sorted()
                .toArray();
        out.printf(Locale.ROOT, "| %s | %.0f ms | %.0f ms |%n", name, times[TIMES / 2], times[TIMES - 1]);
        passed &= times[TIMES / 2] < 300;
    }

    private static double click(Browser browser, String target, String result) {
        return millis(browser, CLICK, target, result);
    }

    private static double millis(Browser browser, String script, Object... arguments) {
        return ((Number) browser.driver().executeAsyncScript(script, arguments)).doubleValue();
    }

    // What open pages cost.

    /// @param rows scored
    /// @param processor time of the server, in seconds
    /// @param wall time in seconds
    private record Scored(long rows, double processor, double wall) {

        double perRow() {
            return processor / rows;
        }
    }

    /// Alternately without and with open pages, so that a machine that becomes slower affects both.
    private void score(HomeServer server, FlightsJob flights, Duration time) throws Exception {
        flights.edit("rows: 25000", "rows: 5000");
        server.command("batch", "submit", flights.file().toString(), "--wait").expect(0);
        List<Scored> without = new ArrayList<>();
        List<Scored> with = new ArrayList<>();
        LongAdder received = new LongAdder();
        for (int i = 0; i < 2; i++) {
            without.add(scored(server, flights, time));
            try (HttpClient viewers = HttpClient.newHttpClient()) {
                List<CompletableFuture<?>> open = openPages(viewers, server, received);
                with.add(scored(server, flights, time));
                open.forEach(page -> page.cancel(true));
                viewers.shutdownNow();
            }
        }
        double quiet = without.stream().mapToDouble(Scored::perRow).min().orElseThrow();
        double watched = with.stream().mapToDouble(Scored::perRow).min().orElseThrow();
        double extra = with.stream()
                .mapToDouble(run -> (run.processor() - run.rows() * quiet) / run.wall())
                .min()
                .orElseThrow();
        out.printf(
                Locale.ROOT,
                "%n%d open pages, which received %,d kB: %.2f µs of processor time for a row, %.2f without: %.1f %% more."
                        + " That is %.3f processors, %.1f %% of two.%n",
                OPEN_PAGES,
                received.sum() / 1_000,
                watched * 1e6,
                quiet * 1e6,
                100 * (watched / quiet - 1),
                extra,
                100 * extra / 2);
        passed &= extra / 2 <= 0.1;
    }

    private static List<CompletableFuture<?>> openPages(HttpClient viewers, HomeServer server, LongAdder received)
            throws IOException {
        String token = Files.readString(server.home().resolve("token")).strip();
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (int i = 0; i < OPEN_PAGES; i++) {
            HttpRequest request = HttpRequest.newBuilder(server.address().resolve("/dashboard/watch"))
                    .header("Authorization", "Bearer " + token)
                    .build();
            open.add(viewers.sendAsync(
                            request,
                            BodyHandlers.ofByteArrayConsumer(
                                    part -> part.ifPresent(bytes -> received.add(bytes.length))))
                    .thenApply(HttpResponse::statusCode));
        }
        return open;
    }

    private static Scored scored(HomeServer server, FlightsJob flights, Duration time) {
        ProcessHandle process = ProcessHandle.of(server.process().id()).orElseThrow();
        long begin = System.nanoTime();
        double processor = seconds(process);
        long rows = 0;
        while (System.nanoTime() - begin < time.toNanos()) {
            server.command("batch", "submit", flights.file().toString(), "--new", "--wait")
                    .expect(0);
            rows += FlightsJob.ROWS;
        }
        return new Scored(rows, seconds(process) - processor, (System.nanoTime() - begin) / 1e9);
    }

    private static double seconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }
}
