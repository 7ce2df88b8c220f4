package io.nightshift.system.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.deque.html.axecore.selenium.AxeBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/// A headless Chromium with the dashboard.
final class Browser implements AutoCloseable {

    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final ChromeDriver driver;

    Browser() {
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.WARNING);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(PROGRAM.toString());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb");
        options.setCapability("goog:loggingPrefs", logs);
        driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER.toFile())
                        .build(),
                options);
        driver.manage().window().setSize(new Dimension(1280, 900));
    }

    static boolean isInstalled() {
        return Files.isExecutable(PROGRAM) && Files.isExecutable(DRIVER);
    }

    void open(URI address) {
        driver.get(address.toString());
    }

    String address() {
        return String.valueOf(driver.getCurrentUrl());
    }

    ChromeDriver driver() {
        return driver;
    }

    /// Goes to another page as a link does.
    ///
    /// @param fragment such as `#/nodes`
    void go(String fragment) {
        driver.executeScript("location.hash = arguments[0]", fragment);
    }

    /// Everything that a person can read, also in an open dialog.
    String text() {
        return driver.findElement(By.tagName("body")).getText();
    }

    void awaitText(String text) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(text()).contains(text));
    }

    /// Presses the button with a text as soon as there is one on the page.
    void press(String text) {
        press("//main//button[not(ancestor::dialog)]", text);
    }

    /// Presses the button with a text in the dialog that is open, or will be in a moment.
    void confirm(String text) {
        press("//dialog[@open]//button", text);
    }

    private void press(String buttons, String text) {
        await("button " + text).atMost(PATIENCE).until(() -> {
            List<WebElement> found =
                    driver.findElements(By.xpath(buttons + "[normalize-space()='" + text + "' and not(@disabled)]"));
            try {
                // The page may draw itself again between the two calls.
                found.getFirst().click();
                return true;
            } catch (WebDriverException | NoSuchElementException e) {
                return false;
            }
        });
    }

    void fill(String label, String value) {
        WebElement field =
                driver.findElement(By.xpath("//label[starts-with(normalize-space(), '" + label + "')]//input"));
        driver.executeScript(
                "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
                field,
                value);
    }

    void size(int width, int height) {
        driver.manage().window().setSize(new Dimension(width, height));
    }

    void theme(String theme) {
        driver.executeScript(
                "document.documentElement.dataset.theme = arguments[0]; dispatchEvent(new Event('nightshift-theme'))",
                theme);
    }

    /// Checks WCAG 2.2 AA, and that nothing is wider than the window.
    void checkAccessibility(String page) {
        assertThat(new AxeBuilder()
                        .withTags(List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"))
                        .analyze(driver)
                        .getViolations())
                .as("%s: violations", page)
                .isEmpty();
        assertThat(driver.executeScript(
                        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .as("%s: wider than the window by", page)
                .isEqualTo(0L);
    }

    /// What the browser has complained about since the last call: failed scripts, and what the
    /// Content-Security-Policy has blocked.
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(entry -> entry.getMessage())
                .filter(message -> !message.contains("Failed to load resource"))
                .toList();
    }

    void screenshot(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
