package io.nightshift.system.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Cookie;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WindowType;

/// The dashboard in a real browser: every page, every action by keyboard alone, a proxy, a cut network, and a
/// node that is killed.
///
/// With the system property `nightshift.screenshots`, it writes pictures of the pages to that folder, and
/// compares them with those in `docs/dashboard`.
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DashboardIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String PICTURES = System.getProperty("nightshift.screenshots", "");

    /// The share of a picture that may differ from that in the documentation: other times, numbers and curves.
    private static final double TOLERANCE = 0.1;

    @TempDir
    static Path folder;

    private static ScoringGate gate;
    private static HomeServer server;
    private static Browser browser;
    private static String port;
    private static String configuration;
    private static final SoftAssertions softly = new SoftAssertions();

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Browser.isInstalled(),
                "no browser: to run these tests, install Debian's packages chromium and chromium-driver");
        port = String.valueOf(FreePort.any());
        configuration = Files.writeString(
                        folder.resolve("serve.conf"), "nightshift.batch.retention { every = 1s, grace = 0s }")
                .toString();
        gate = ScoringGate.opened(folder.resolve("gate"));
        server = new HomeServer(folder, gate, "--config", configuration, "--http-port", port);
        browser = new Browser();
        browser.open(signInAddress());
        browser.awaitText("Tonight");
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (server != null) {
            server.close();
        }
        softly.assertAll();
    }

    private static URI signInAddress() {
        return URI.create(server.command("ui", "--no-browser").expect(0).out().strip());
    }

    /// A copy of the example job under another name.
    private static FlightsJob job(String name) throws IOException {
        FlightsJob job = FlightsJob.in(folder.resolve(name));
        job.edit("job: flights", "job: " + name);
        return job;
    }

    /// @return the batch
    private static String submit(FlightsJob job, String... options) {
        List<String> command =
                new ArrayList<>(List.of("batch", "submit", job.file().toString()));
        command.addAll(List.of(options));
        String out = server.command(command.toArray(String[]::new)).expect(0).out();
        Matcher batch = Pattern.compile("Accepted batch (\\S+)\\.").matcher(out);
        assertThat(batch.find()).as(out).isTrue();
        return batch.group(1);
    }

    /// The batch of a job that has one, or will have it soon.
    private static String batchOf(String job) {
        Pattern id = Pattern.compile("\\b" + job + "-\\w+-\\w+");
        return await().atMost(PATIENCE)
                .until(() -> id.matcher(server.command("batch", "list").out()), Matcher::find)
                .group();
    }

    private static void awaitState(String batch, String state) {
        await(batch + " is " + state)
                .atMost(PATIENCE)
                .until(() -> server.command("batch", "show", batch, "-o", "json")
                        .json()
                        .get("state")
                        .asText()
                        .equals(state));
    }

    /// Keeps a picture of the whole page, and says how much it differs from that in the documentation.
    private static void picture(String name) throws IOException {
        if (PICTURES.isEmpty()) {
            return;
        }
        browser.replace(folder.toString(), "/srv");
        browser.replace(Checkout.path("examples").toString(), "/srv");
        byte[] picture = browser.screenshot();
        Path file = Path.of(PICTURES, name + ".png");
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, picture);
        Path kept = Checkout.path("docs/dashboard").resolve(name + ".png");
        if (Files.exists(kept)) {
            double difference = PictureComparison.difference(
                    PictureComparison.read(Files.readAllBytes(kept)), PictureComparison.read(picture));
            System.out.printf(Locale.ROOT, "%s differs in %.1f %%%n", name, 100 * difference);
            softly.assertThat(difference)
                    .as("%s differs from %s. If that is intended, replace it", file, kept)
                    .isLessThan(TOLERANCE);
        }
    }

    /// Checks a page in the dark theme on a telephone, and in the light one on a large screen.
    private static void check(String name, String fragment, String awaited) throws IOException {
        browser.go(fragment);
        browser.awaitText(awaited);
        browser.theme("dark");
        browser.size(360, 900);
        browser.checkAccessibility(name + ", dark and narrow");
        browser.theme("light");
        browser.size(1280, 900);
        look(name, fragment, awaited);
    }

    /// Checks a page of which another form was checked already.
    private static void look(String name, String fragment, String awaited) throws IOException {
        browser.go(fragment);
        browser.awaitText(awaited);
        browser.checkAccessibility(name);
        picture(name);
        browser.theme("dark");
        picture(name + "-dark");
        browser.theme("light");
        for (int width : new int[] {360, 2560}) {
            browser.size(width, 900);
            browser.checkWidth("%s, %d pixels wide".formatted(name, width));
            picture("%s-%d".formatted(name, width));
        }
        browser.size(1280, 900);
    }

    /// Loads the dashboard anew, without what a test has changed in the page.
    private static void reload() {
        browser.open(URI.create("about:blank"));
        browser.open(server.address().resolve("/"));
    }

    /// Quarantines every tenth row: half of them say `n/a`, and half `12 km`.
    private static FlightsJob quarantining(String name) throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve(name), """
                SELECT * REPLACE (CASE row_number() OVER () % 20 WHEN 3 THEN 'n/a' WHEN 13 THEN '12 km'
                ELSE CAST(distance AS VARCHAR) END AS distance), 'r' || row_number() OVER () AS flight
                FROM flights LIMIT 3000""");
        job.edit("job: flights", "job: " + name);
        job.edit("  select:\n", "  id: flight\n  select:\n    distance: CAST(distance AS INTEGER)\n");
        job.edit("max-rate: 0.001", "max-rate: 1");
        job.edit("max-rows: 100", "max-rows: 10000");
        job.edit("parquet: predictions", "parquet: %s\n  retention: {keep: 1}".formatted(job.predictions()));
        job.edit("rows: 25000", "rows: 1000");
        return job;
    }

    @Test
    @Order(1)
    void theCommandSignsTheBrowserInAndTheAddressKeepsNoTrace() throws IOException {
        String token = Files.readString(server.home().resolve("token")).strip();
        assertThat(browser.address()).endsWith("/#/");
        assertThat(browser.driver().getPageSource()).doesNotContain(token);
        assertThat(browser.driver().manage().getCookies()).singleElement().satisfies(cookie -> {
            assertThat(cookie.isHttpOnly()).isTrue();
            assertThat(cookie.getSameSite()).isEqualTo("Strict");
            assertThat(cookie.getPath()).isEqualTo("/");
            assertThat(cookie.getValue()).doesNotContain(token);
        });
        browser.awaitText("No batch has run yet");
        browser.checkAccessibility("empty");
    }

    @Test
    @Order(2)
    void everyPageIsForEverybodyAndEveryActionSaysWhatItDoes() throws IOException {
        String published = submit(job("delays"));
        FlightsJob wrong = job("credit-scores");
        wrong.edit(
                "hour: hour(date)",
                "hour: \"case when hour(date) = 23 then cast('x' as integer) else hour(date) end\"");
        String failed = submit(wrong);
        FlightsJob checked = job("risk");
        checked.edit("partitions:", "checks:\n  on-fail: hold\n  range: {distance: {max: 500}}\n\npartitions:");
        server.command("job", "apply", checked.file().toString()).expect(0);
        server.command("job", "trigger", "risk").expect(0);
        awaitState(published, "published");
        awaitState(failed, "failed");
        String held = batchOf("risk");
        awaitState(held, "held");

        browser.awaitText("2 batches need a person", "range.distance: ");
        browser.fill("Find a job or batch", "needs a person");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(browser.text())
                        .contains("credit-scores", "risk")
                        .doesNotContain("delays"));
        browser.fill("Find a job or batch", "");
        check("batch", "#/batches/" + published, "12 of 12 committed");
        browser.ask("document.querySelector('svg.map').focus()");
        browser.type(Keys.ARROW_RIGHT);
        browser.awaitText("Partition 0");
        browser.type(Keys.ARROW_RIGHT);
        browser.awaitText("Partition 1");
        look("failed", "#/batches/" + failed, "rows are quarantined");
        browser.press("Group by reason");
        browser.awaitText("An example");
        browser.checkAccessibility("reasons");
        look("held", "#/batches/" + held, "A check has failed");
        browser.awaitText("range.distance: ");
        browser.go("#/models");
        browser.awaitText("No model is registered");
        server.command(
                        "model",
                        "import",
                        FlightsJob.example().resolve("flights.ubj").toString(),
                        "--name",
                        "flights")
                .expect(0);
        look("nothing", "#/batches/nosuch", "no batch");
        assertThat(browser.ask("return document.querySelectorAll('#main').length"))
                .isEqualTo(1L);

        browser.go("#/batches/" + held);
        browser.press("Approve");
        browser.awaitText("Readers see its predictions");
        browser.checkAccessibility("dialog");
        picture("dialog");
        browser.fill("Why", "looked at it");
        browser.confirm("Approve");
        awaitState(held, "published");
        browser.awaitText("Approved");
        browser.awaitText("by local", "looked at it");

        browser.go("#/batches/" + failed);
        assertThat(browser.driver()
                        .findElements(By.xpath("//main//button[normalize-space()='Retry' and @class='primary']")))
                .as("a retry that is known to fail again is not what the page suggests")
                .isEmpty();
        browser.click("//main//button[normalize-space()='Retry']");
        browser.awaitText("Nothing that is committed is scored again");
        browser.type(Keys.ESCAPE);
        await().atMost(PATIENCE)
                .until(() -> Boolean.TRUE.equals(browser.ask(
                        "return !document.querySelector('dialog') && document.activeElement.textContent === 'Retry'")));
        browser.press("Retry");
        browser.confirm("Retry");
        browser.awaitText("would fail again");
        browser.confirm("Leave it");
    }

    @Test
    @Order(3)
    void aRunningBatchIsPausedResumedAndCancelled() throws IOException {
        gate.close("slow");
        String batch = submit(job("slow"));
        for (int partition = 0; partition < 3; partition++) {
            gate.awaitWaiting(1);
            gate.admit(1);
        }
        gate.awaitWaiting(1);
        browser.go("#/batches/" + batch);
        browser.awaitText("rows/s");
        picture("running");
        check("nodes", "#/nodes", "Scoring now");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(browser.text())
                        .contains("slow", "rows so far", "Memory", "Java heap", "Scratch space", "free of"));
        check("tonight", "#/", "1 batch needs a person");
        browser.go("#/batches/" + batch);
        browser.press("Pause");
        String why = "somebody needs <b>the disk</b><script>alert(1)</script>";
        browser.fill("Why", why);
        browser.confirm("Pause");
        awaitState(batch, "paused");
        browser.awaitText(why);
        browser.press("Resume");
        browser.confirm("Resume");
        awaitState(batch, "running");
        browser.driver().executeScript("""
                const real = window.fetch;
                window.isAway = true;
                window.fetch = (address, options) => (String(address).includes('dashboard/batches/') && window.isAway
                  ? Promise.resolve(new Response(JSON.stringify({detail: 'the database is away'}), {status: 503}))
                  : real(address, options));
                """);
        browser.press("Cancel");
        browser.confirm("Cancel");
        awaitState(batch, "cancelled");
        browser.awaitText(
                "cancelled", "The details from the ledger are out of date: the database is away", "Rows over time");
        browser.driver().executeScript("window.isAway = false");
        assertThat(server.command("batch", "events", batch).expect(0).out())
                .containsPattern("paused +by local: somebody needs")
                .containsPattern("resumed +by local: resumed from where it paused")
                .containsPattern("cancelled +by local");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(browser.text())
                        .containsPattern("resumed\\s+by local")
                        .containsPattern("cancelled\\s+by local")
                        .doesNotContain("the database is away"));
        assertThat(server.process().out())
                .contains("action=pause subject=" + batch + " outcome=done who=local role=admin")
                .contains("action=cancel subject=" + batch + " outcome=done who=local role=admin");

        browser.go("#/");
        browser.press("Cancel");
        browser.awaitText("Cancel credit-scores for good?");
        browser.confirm("Cancel");
        browser.awaitText("All is quiet");
        gate.open();
    }

    /// It does what its job says, so nobody needs to look at it.
    @Test
    @Order(4)
    void aBatchThatWaitsForItsWindowNeedsNobody() throws IOException {
        FlightsJob later = job("later");
        LocalTime opens = LocalTime.now(ZoneOffset.UTC).plusHours(6).truncatedTo(ChronoUnit.MINUTES);
        later.edit(
                "partitions:",
                "window: {from: \"%s\", to: \"%s\"}\n\npartitions:".formatted(opens, opens.plusHours(1)));
        String batch = submit(later);
        browser.go("#/");
        browser.awaitText("waits for its window", "later");
        assertThat(browser.text()).contains("nothing needs you").doesNotContain("planning");
        browser.go("#/batches/" + batch);
        browser.awaitText("waits for its window", "Ignore the window");
        server.command("batch", "cancel", batch).expect(0);
    }

    @Test
    @Order(4)
    void aRunThatFoundNothingNewIsOnThePageOfItsJob() throws IOException {
        FlightsJob steady = job("steady");
        server.command("job", "apply", steady.file().toString()).expect(0);
        server.command("job", "trigger", "steady").expect(0);
        awaitState(batchOf("steady"), "published");
        server.command("job", "trigger", "steady").expect(0);
        browser.go("#/jobs/steady");
        browser.awaitText("2 runs", "unchanged");
    }

    @Test
    @Order(4)
    void aJobIsBackfilledRunAndPaused() throws IOException {
        FlightsJob nightly = job("nightly");
        nightly.edit("job: nightly", """
                job: nightly
                time-zone: Asia/Tokyo
                parameters:
                  day: {type: date}
                schedule:
                  cron: "0 2 * * *"
                  parameters: {day: "{scheduled:date}"}
                """);
        server.command("job", "apply", nightly.file().toString()).expect(0);
        browser.go("#/jobs/nightly");
        browser.awaitText("at 02:00");
        browser.awaitText("Asia/Tokyo");

        browser.press("Backfill…");
        browser.fill("First date", "2026-11-01");
        browser.fill("Last date", "2026-11-02");
        browser.confirm("Dry run");
        browser.awaitText("2 runs would be started");
        browser.checkAccessibility("backfill");
        browser.confirm("Start 2 runs");
        browser.awaitText("day=2026-11-02");
        browser.press("Run now");
        browser.confirm("Start the run");
        browser.awaitText("started by hand");
        check("job", "#/jobs/nightly", "2026-11-01 to 2026-11-02");
        browser.press("Pause schedule");
        browser.confirm("Pause schedule");
        browser.awaitText("Resume schedule");
        browser.press("Resume schedule");
        browser.confirm("Resume schedule");
        browser.awaitText("Pause schedule");
    }

    @Test
    @Order(5)
    void quarantinedRowsAreRedrivenAndARemovedBatchSaysSo() throws Exception {
        FlightsJob feed = quarantining("feed");
        String first = submit(feed);
        awaitState(first, "published");
        browser.go("#/batches/" + first);
        browser.awaitText("300 rows, 10.0 % of those read");
        browser.press("Redrive…");
        browser.awaitText("are added to the published batch in one step");
        browser.checkAccessibility("redrive");
        picture("redrive");
        browser.fill("Only rows", "value = 'parsec'");
        browser.confirm("Redrive");
        browser.awaitText("no quarantined row is selected");
        browser.press("Redrive…");
        browser.fill(
                "A corrected job file",
                Files.readString(feed.file())
                        .replace("CAST(distance AS INTEGER)", "CAST(replace(distance, ' km', '') AS INTEGER)"));
        browser.fill("Why", "kilometres");
        browser.confirm("Redrive");
        browser.awaitText("150 rows have a prediction since");
        browser.awaitText("by local (kilometres)");

        awaitState(submit(feed, "--new"), "published");
        await().atMost(PATIENCE)
                .until(() -> server.command("batch", "show", first).out().contains("removed by retention on"));
        browser.go("#/jobs/feed");
        browser.awaitText("removed by retention");
        browser.checkAccessibility("removed run");
        browser.go("#/batches/" + first);
        browser.awaitText("The output is removed by retention");
        browser.awaitText("(keep: 1, set by local)");
        assertThat(browser.text()).doesNotContain("Redrive…");
        picture("removed");
    }

    @Test
    @Order(6)
    void aModelIsPromotedAndRolledBack() throws IOException {
        byte[] model = Files.readAllBytes(FlightsJob.example().resolve("flights.ubj"));
        String changed = new String(model, StandardCharsets.ISO_8859_1).replace("1.9964166E-1", "1.9964167E-1");
        Path second = Files.write(folder.resolve("second.ubj"), changed.getBytes(StandardCharsets.ISO_8859_1));
        server.command("model", "import", second.toString(), "--name", "flights")
                .expect(0);
        server.command("model", "promote", "flights@1").expect(0);
        browser.go("#/models");
        browser.awaitText("Version 2");
        browser.press("Promote…");
        browser.awaitText("flights@champion moves from version 1 to version 2");
        browser.fill("Alias", "trial");
        browser.awaitText("flights@trial is set to version 2");
        browser.fill("Alias", "champion");
        browser.fill("Why", "fewer errors");
        browser.checkAccessibility("promote");
        picture("promote");
        browser.confirm("Promote");
        browser.awaitText("flights@champion is version 2 now.");
        browser.press("Roll back @champion…");
        browser.awaitText("flights@champion returns from version 2 to version 1");
        browser.fill("Why", "it drifts");
        browser.checkAccessibility("roll back");
        browser.confirm("Roll back to version 1");
        browser.awaitText("No open or published batch used version 2");
        browser.confirm("Close");
        browser.press("History of the aliases");
        browser.awaitText("rolled back");
        browser.awaitText("2 to 1", "it drifts", "fewer errors", "local");
        check("models", "#/models", "it drifts");

        Path pipeline = Checkout.path("system-tests/src/test/resources/pipeline/churn.json");
        server.command("model", "import", pipeline.toString(), "--name", "churn")
                .expect(0);
        browser.go("#/");
        browser.go("#/models");
        browser.press("Pipeline of 6 steps");
        browser.awaitText("standardscaler", "one-hot", "linear, logistic", "plan, age, income");
        browser.checkAccessibility("pipeline");
    }

    /// Two versions of a model score batches of flights at other hours each.
    @Test
    @Order(7)
    void theDriftOfAJobAndTheShadowOfABatchAreShown() throws Exception {
        byte[] model = Files.readAllBytes(FlightsJob.example().resolve("flights.ubj"));
        String changed = new String(model, StandardCharsets.ISO_8859_1).replace("1.9964166E-1", "2.9964166E-1");
        Path second = Files.write(folder.resolve("shadow.ubj"), changed.getBytes(StandardCharsets.ISO_8859_1));
        server.command(
                        "model",
                        "import",
                        FlightsJob.example().resolve("flights.ubj").toString(),
                        "--name",
                        "hourly")
                .expect(0);
        server.command("model", "import", second.toString(), "--name", "hourly").expect(0);
        FlightsJob job = FlightsJob.on(folder.resolve("hourly"), "SELECT * FROM flights LIMIT 6000");
        job.edit("job: flights", "job: hourly");
        job.edit(FlightsJob.example().resolve("flights.ubj").toString(), "hourly@1");
        job.edit("rows: 25000", "rows: 1000");
        job.edit(
                "partitions:",
                "rollout: {candidate: hourly@2, mode: shadow, sample: 50%}\nchecks:\n  on-fail: warn\n  psi: {hour: 0.25, distance: 0.25, month: 0.25, weekday: 0.25, origin_code: 0.25, minute: 0.25}\n  prediction: {psi: 0.25}\n\npartitions:");
        job.edit("  select:\n", "  where: hour(date) > 0\n  select:\n");
        String last = submit(job);
        awaitState(last, "published");
        browser.go("#/jobs/hourly");
        browser.awaitText("Runs as a table");
        assertThat(browser.ask("return document.getElementById('drift') === null"))
                .isEqualTo(true);
        for (int hour = 4; hour <= 16; hour += 4) {
            job.edit("hour(date) > " + (hour - 4), "hour(date) > " + hour);
            last = submit(job);
            awaitState(last, "published");
        }
        browser.awaitText("2 more features drifted less");
        check("drift", "#/jobs/hourly", "Runs above it");
        assertThat(browser.ask("return [...document.querySelectorAll('[aria-label=\"Table of drift\"] tbody tr')]"
                        + ".filter((row) => row.lastElementChild.textContent === '0').length"))
                .as("columns that were above their limit in no run")
                .isNotEqualTo(0L);
        browser.go("#/");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(browser.text()).containsPattern("[\\d,]+ predictions\\s+of 6,000 rows"));

        check("shadow", "#/batches/" + last, "Largest differences");
        browser.awaitText("Partitions compared", "hourly@2", "PSI", "Mean difference");
        assertThat(browser.text()).doesNotContain("origin_code =");
        browser.press("Show the features");
        browser.awaitText("origin_code =");
        browser.checkAccessibility("features");
    }

    /// docs/how-to/compare.md has the pictures.
    @Test
    @Order(7)
    void twoNightsAreCompared() throws Exception {
        FlightsJob nights = FlightsJob.on(folder.resolve("scores"), """
                SELECT *, concat(origin, '-', destination, '-', row_number() OVER (PARTITION BY date::DATE, origin,
                destination ORDER BY date)) AS flight FROM flights
                WHERE date::DATE = '2001-01-03' OR date::DATE = '2001-01-04' AND distance > 500""");
        nights.edit("job: flights", "job: scores");
        nights.edit(FlightsJob.example().resolve("flights.ubj").toString(), "flights@champion");
        nights.edit(
                "source:\n",
                "parameters:\n  day: {type: date}\n\nsource:\n  where: date::DATE = {day}\n  id: flight\n");
        nights.edit("partitions:", """
                checks:
                  on-fail: warn
                  rows: {max-change: 20%}
                  prediction: {mean-change: 20%, psi: 0.2}
                  psi: {distance: 0.25, hour: 0.25}

                partitions:""");
        server.command("job", "apply", nights.file().toString()).expect(0);
        String first = nightOf("2001-01-03");
        server.command("model", "promote", "flights@2").expect(0);
        String second = nightOf("2001-01-04");

        look("compare-job", "#/jobs/scores", "day=2001-01-04");
        look("compare-batch", "#/batches/" + second, "psi.distance");
        browser.awaitText("rows.max-change", "compared with " + first, "warn");
        assertThat(server.command("batch", "drift", second).expect(0).out())
                .contains("compared with " + first, "distance");
    }

    /// Runs the job `scores` for a day.
    ///
    /// @return the batch
    private static String nightOf(String day) {
        String batch = await().atMost(PATIENCE)
                .until(
                        () -> server.command("job", "trigger", "scores", "--key", day, "--param", "day=" + day)
                                .out(),
                        out -> out.contains("scores-"))
                .replaceFirst("(?s).*\\b(scores-\\w+-\\w+).*", "$1");
        awaitState(batch, "published");
        return batch;
    }

    @Test
    @Order(8)
    void whoWantsLessMotionHasNoneAndAPrintedPageIsReadable() throws IOException {
        String moving = "return [...document.querySelectorAll('*')].filter((e) => {const s = getComputedStyle(e);"
                + " return s.transitionDuration !== '0s' || s.animationName !== 'none'}).length";
        browser.go("#/batches/latest");
        browser.awaitText("Rows over time");
        assertThat(((Number) browser.ask(moving)).intValue()).isPositive();
        browser.media("", true);
        assertThat(((Number) browser.ask(moving)).intValue()).isZero();

        browser.theme("dark");
        browser.media("print", false);
        assertThat(browser.ask("return [...document.querySelectorAll('header.top, button')].filter((e) =>"
                        + " getComputedStyle(e).display !== 'none').length"))
                .isEqualTo(0L);
        assertThat(browser.ask("return getComputedStyle(document.querySelector('h1')).color"))
                .as("dark ink, also of the dark theme")
                .isEqualTo("rgb(27, 33, 48)");
        browser.awaitText("Published to", "Job as it was submitted");
        picture("print");
        browser.media("", false);
        browser.theme("light");
    }

    /// A node that has just started needs many seconds to read a ledger of a million partitions.
    @Test
    @Order(8)
    void aBatchWhoseLedgerTheNodeStillReadsIsShownAsFarAsItIsKnown() throws IOException {
        String batch = batchOf("delays");
        browser.go("#/");
        browser.awaitText("Live", "delays");
        browser.driver().executeScript("""
                const real = window.fetch;
                window.fetch = (address, options) =>
                  (String(address).includes('v1/batches/') ? new Promise(() => {}) : real(address, options));
                """);
        try {
            browser.go("#/batches/" + batch);

            browser.awaitText("delays", batch, "rows are done.", "The rest is loading.");
            browser.checkAccessibility("a batch whose ledger is being read");
        } finally {
            reload();
        }
        browser.awaitText("Live", "delays");
        browser.go("#/batches/" + batch);
        browser.awaitText("Rows over time");
        assertThat(browser.ask("return document.activeElement.id"))
                .as("the focus, which a page takes when it is opened and keeps when it is loaded")
                .isEqualTo("main");
    }

    @Test
    @Order(8)
    void manyThreadsOfANodeAreABar() throws IOException {
        browser.go("#/");
        browser.awaitText("Live", "delays");
        browser.driver().executeScript("""
                const real = window.fetch;
                const node = {node: 'large:7355', state: 'up', roles: ['worker'], version: '0.1.0', faults: [],
                  work: {threads: 64, slots: 80, busy: 48, stuck: 0, scoring: []}};
                window.fetch = (address, options) => (String(address).endsWith('v1/nodes')
                  ? Promise.resolve(new Response(JSON.stringify({nodes: [node]}), {headers: {'Content-Type': 'application/json'}}))
                  : real(address, options));
                """);
        try {
            browser.go("#/nodes");

            browser.awaitText("large:7355", "48 of 64 threads busy");
            assertThat(browser.ask("return document.querySelector('[aria-label=\"Busy threads of large:7355\"]')"
                            + "?.getAttribute('aria-valuenow')"))
                    .isEqualTo("75");
            browser.checkAccessibility("a node with many threads");
        } finally {
            reload();
        }
    }

    @Test
    @Order(8)
    void aLinkThatIsFollowedWhileThePageIsPaintedIsNotLost() {
        Object script = browser.driver()
                .executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", """
                        new MutationObserver((changes, observer) => {
                          if (document.getElementById('main')) {
                            observer.disconnect();
                            location.hash = '#/nodes';
                          }
                        }).observe(document, {childList: true, subtree: true});
                        """))
                .get("identifier");
        try {
            reload();
        } finally {
            browser.driver()
                    .executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", script));
        }
        browser.awaitText("Scratch space");
    }

    @Test
    @Order(8)
    void aPageHasItsHeadingWhileItLoadsAndStaysIfALoadFails() throws IOException {
        browser.go("#/");
        browser.awaitText("Live", "delays");
        browser.driver().executeScript("""
                const real = window.fetch;
                const never = () => new Promise(() => {});
                window.answerOfReads = never;
                window.fetch = (address, options) => (options?.method === 'POST' || !String(address).includes('v1/')
                  ? real(address, options) : (window.answerOfReads ?? real)(address, options));
                """);
        try {
            for (String[] page :
                    new String[][] {{"#/jobs/nightly", "nightly"}, {"#/models", "Models"}, {"#/nodes", "Nodes"}}) {
                browser.go(page[0]);
                await().atMost(PATIENCE)
                        .until(() -> page[1].equals(browser.ask("return document.querySelector('h1')?.textContent")));
                await("the text, which appears bit by bit")
                        .atMost(PATIENCE)
                        .until(() -> "1"
                                .equals(browser.ask(
                                        "return getComputedStyle(document.querySelector('.loading')).opacity")));
                browser.checkAccessibility(page[1] + " while it is loaded");
            }
            browser.driver().executeScript("window.answerOfReads = null");
            browser.go("#/jobs/nightly");
            browser.awaitText("Pause schedule");
            browser.driver().executeScript("""
                    window.answerOfReads = () => Promise.resolve(
                      new Response(JSON.stringify({detail: 'the database is away'}), {status: 503}));
                    """);

            browser.press("Pause schedule");
            browser.confirm("Pause schedule");

            browser.awaitText("nightly", "This can’t be kept up to date: the database is away", "Duration");
            browser.checkAccessibility("a job that can't be loaded again");
            browser.go("#/jobs/delays");
            await("nothing of the other job")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(browser.text())
                            .contains("delays", "the database is away")
                            .doesNotContain("Duration"));
        } finally {
            reload();
        }
        browser.go("#/jobs/nightly");
        browser.press("Resume schedule");
        browser.confirm("Resume schedule");
        browser.awaitText("Pause schedule");
    }

    @Test
    @Order(8)
    void manyTabsShareTheFewConnectionsOfABrowser() {
        WebDriver.TargetLocator tabs = browser.driver().switchTo();
        String first = browser.driver().getWindowHandle();
        for (int i = 0; i < 6; i++) {
            tabs.newWindow(WindowType.TAB);
            browser.open(server.address().resolve("/#/batches/latest"));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(browser.text())
                            .contains("Live", "Rows over time")
                            .doesNotContain("Loading"));
        }
        browser.driver().getWindowHandles().stream()
                .filter(tab -> !tab.equals(first))
                .forEach(tab -> tabs.window(tab).close());
        tabs.window(first);
        browser.go("#/");
        browser.awaitText("Live", "delays");
    }

    @Test
    @Order(9)
    void theDashboardWorksBelowAPathOfAProxyAndNoticesACutNetwork() throws Exception {
        try (PathProxy proxy = new PathProxy(server.address(), "/night/shift")) {
            browser.open(proxy.address().resolve(signInAddress().toString().replaceFirst("^[^#]*", "")));
            browser.awaitText("delays");
            assertThat(browser.driver().manage().getCookies())
                    .anySatisfy(cookie -> assertThat(cookie.getPath()).isEqualTo("/night/shift"));
            for (String[] page : new String[][] {
                {"#/nodes", "scoring thread"}, {"#/models", "Version 2"}, {"#/batches/latest", "Rows over time"}
            }) {
                browser.go(page[0]);
                browser.awaitText(page[1]);
            }
            browser.go("#/jobs/nightly");
            browser.press("Pause schedule");
            browser.confirm("Pause schedule");
            browser.awaitText("Resume schedule");

            proxy.cut();
            browser.awaitText("The connection to the node is lost");
            browser.checkAccessibility("cut");
            browser.awaitText("nightly", "No connection");
            browser.go("#/models");
            browser.awaitText("Loading");
            proxy.restore();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(browser.text())
                            .contains("Live", "Version 2")
                            .doesNotContain("connection to the node is lost", "Sign in"));
            browser.go("#/jobs/nightly");
            browser.press("Resume schedule");
            browser.confirm("Resume schedule");
            browser.awaitText("Pause schedule");
            browser.click("//header//button[.='Sign out']");
            browser.awaitText("Sign in");
        }
        browser.open(signInAddress());
        browser.awaitText("delays");
    }

    @Test
    @Order(10)
    void aKilledNodeIsNoticedAndThePageRecoversStillSignedIn() throws Exception {
        browser.open(signInAddress());
        browser.awaitText("delays");
        String damaged = batchOf("delays");
        Cookie before = browser.driver().manage().getCookies().iterator().next();
        server.kill();
        browser.awaitText("The connection to the node is lost");
        browser.awaitText("delays");
        browser.checkAccessibility("no connection");
        picture("lost");
        damage(damaged);
        server.restart("--config", configuration, "--http-port", port);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(browser.text())
                        .contains("Live")
                        .doesNotContain("connection to the node is lost", "Sign in"));
        assertThat(browser.driver().manage().getCookies()).containsExactly(before);
        browser.awaitText("delays");
        browser.go("#/batches/" + damaged);
        browser.awaitText("the ledger is damaged");
        browser.checkAccessibility("damaged batch");
        assertThat(Pattern.compile("the ledger is damaged")
                        .matcher(browser.text())
                        .results())
                .as("said once")
                .hasSize(1);

        browser.click("//header//button[.='Sign out']");
        browser.awaitText("Sign in");
        check("sign-in", "#/", "Or run nightshift ui");
        assertThat(browser.driver().manage().getCookies()).isEmpty();
        browser.open(signInAddress());
        browser.awaitText("delays");
        browser.driver().manage().deleteAllCookies();
        browser.awaitText("Sign in", "The session has ended.");
        browser.open(signInAddress());
        browser.awaitText("delays");
        assertThat(browser.complaints()).isEmpty();
    }

    /// Takes an entry out of a batch's ledger.
    private static void damage(String batch) throws SQLException {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(server.home());
                Connection connection = ledger.ledger().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "DELETE FROM \"event_journal\" WHERE \"persistence_id\" = 'batch|%s' AND \"sequence_number\" = 2"
                            .formatted(batch));
        }
    }
}
