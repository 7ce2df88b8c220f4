package io.nightshift.system.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Cookie;

/// The dashboard in a real browser: every page and every action, and a node that is killed.
///
/// With the system property `nightshift.screenshots`, it writes pictures of the pages to that folder.
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DashboardIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String PICTURES = System.getProperty("nightshift.screenshots", "");

    @TempDir
    static Path folder;

    private static HomeServer server;
    private static Browser browser;
    private static String port;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Browser.isInstalled(),
                "no browser: to run these tests, install Debian's packages chromium and chromium-driver");
        port = String.valueOf(FreePort.any());
        server = new HomeServer(folder, "--http-port", port);
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
    private static String submit(FlightsJob job) {
        String out = server.command("batch", "submit", job.file().toString())
                .expect(0)
                .out();
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
                .until(() -> server.command("batch", "show", batch).out().contains(state));
    }

    private static void picture(String name) throws IOException {
        if (!PICTURES.isEmpty()) {
            browser.screenshot(Path.of(PICTURES, name + ".png"));
        }
    }

    /// Checks a page in both themes, and on a telephone.
    private static void check(String name, String fragment, String awaited) throws IOException {
        browser.go(fragment);
        browser.awaitText(awaited);
        for (String theme : new String[] {"dark", "light"}) {
            browser.theme(theme);
            browser.checkAccessibility(name + ", " + theme);
            picture(name + "-" + theme);
        }
        browser.size(500, 900);
        browser.checkAccessibility(name + ", narrow");
        picture(name + "-narrow");
        browser.size(1280, 900);
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

        check("tonight", "#/", "2 batches need a person");
        check("batch", "#/batches/" + published, "12 of 12 committed");
        check("failed", "#/batches/" + failed, "rows are quarantined");
        browser.press("Group by reason");
        browser.awaitText("An example");
        browser.checkAccessibility("reasons");
        check("held", "#/batches/" + held, "A check has failed");
        check("nodes", "#/nodes", "scoring thread");
        browser.go("#/models");
        browser.awaitText("No model is registered");
        server.command(
                        "model",
                        "import",
                        FlightsJob.example().resolve("flights.ubj").toString(),
                        "--name",
                        "flights")
                .expect(0);
        browser.go("#/");
        check("models", "#/models", "SHA-256");
        check("nothing", "#/batches/nosuch", "no batch");

        browser.go("#/batches/" + held);
        browser.press("Approve");
        browser.awaitText("Readers see its predictions");
        browser.checkAccessibility("dialog");
        picture("dialog");
        browser.fill("Why", "looked at it");
        browser.confirm("Approve");
        awaitState(held, "published");
        browser.awaitText("Approved");
        assertThat(browser.text()).contains("by local", "looked at it");

        browser.go("#/batches/" + failed);
        browser.press("Retry");
        browser.confirm("Leave it");
        browser.press("Retry");
        browser.confirm("Retry");
        browser.awaitText("would fail again");
        browser.confirm("Leave it");
        browser.press("Cancel");
        browser.confirm("Cancel");
        awaitState(failed, "cancelled");
    }

    @Test
    @Order(3)
    void aRunningBatchIsPausedResumedAndCancelled() throws IOException {
        FlightsJob slow = job("slow");
        slow.edit("rows: 25000", "rows: 30");
        String batch = submit(slow);
        browser.go("#/batches/" + batch);
        browser.awaitText("rows/s");
        picture("running");
        browser.press("Pause");
        String why = "somebody needs <b>the disk</b><script>alert(1)</script>";
        browser.fill("Why", why);
        browser.confirm("Pause");
        awaitState(batch, "paused");
        browser.awaitText(why);
        browser.press("Resume");
        browser.confirm("Resume");
        awaitState(batch, "running");
        browser.press("Cancel");
        browser.confirm("Cancel");
        awaitState(batch, "cancelled");
        browser.awaitText("cancelled");
        assertThat(server.process().out())
                .contains("action=pause subject=" + batch + " outcome=done who=local role=admin")
                .contains("action=cancel subject=" + batch + " outcome=done who=local role=admin");
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
        assertThat(browser.text()).contains("Asia/Tokyo");

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
    void aKilledNodeIsNoticedAndThePageRecoversStillSignedIn() throws Exception {
        browser.go("#/");
        Cookie before = browser.driver().manage().getCookies().iterator().next();
        server.kill();
        browser.awaitText("The connection to the node is lost");
        assertThat(browser.text()).contains("delays");
        browser.checkAccessibility("no connection");
        picture("lost");
        server.restart("--http-port", port);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(browser.text())
                        .contains("Live")
                        .doesNotContain("connection to the node is lost", "Sign in"));
        assertThat(browser.driver().manage().getCookies()).containsExactly(before);
        browser.awaitText("delays");

        browser.driver()
                .findElement(org.openqa.selenium.By.xpath("//header//button[.='Sign out']"))
                .click();
        browser.awaitText("Sign in");
        browser.checkAccessibility("sign in");
        assertThat(browser.driver().manage().getCookies()).isEmpty();
        browser.open(signInAddress());
        browser.awaitText("delays");
        assertThat(browser.complaints()).isEmpty();
    }
}
