package io.nightshift.system.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.deque.html.axecore.selenium.AxeBuilder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/// A headless Chromium with the dashboard.
final class Browser implements AutoCloseable {

    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// Of a picture, in pixels.
    private static final int MOST_HEIGHT = 1_500;

    /// More than any page has links and buttons.
    private static final int MOST_TABS = 400;

    /// Whether the element with the focus is the wanted one, and shows that it has the focus.
    private static final String FOCUSED = """
            const e = document.activeElement;
            const isWanted = e.matches(arguments[0]) && !e.disabled && e.textContent.trim() === arguments[1];
            if (isWanted && getComputedStyle(e).outlineStyle === 'none') throw new Error('the focus is not visible');
            return isWanted;
            """;

    private final ChromeDriver driver;

    Browser() {
        this(false);
    }

    /// @param recordsNetwork whether to keep what the browser sends and receives, as its log of performance
    Browser(boolean recordsNetwork) {
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.WARNING);
        if (recordsNetwork) {
            logs.enable(LogType.PERFORMANCE, Level.ALL);
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(PROGRAM.toString());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb");
        options.setCapability("goog:loggingPrefs", logs);
        driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER.toFile())
                        .build(),
                options);
        size(1280, 900);
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

    /// Waits until the page shows all these texts at the same time.
    void awaitText(String... texts) {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(WebDriverException.class)
                .untilAsserted(() -> assertThat(text()).contains(texts));
    }

    /// Presses a button of the page by keyboard alone, as soon as there is one with that text: Tab until it has the
    /// focus, then Enter.
    void press(String text) {
        pressByKeyboard("main :is(button, summary):not(dialog *)", text);
    }

    /// As [#press], in the dialog that is open, or will be in a moment.
    void confirm(String text) {
        pressByKeyboard("dialog[open] button", text);
    }

    private void pressByKeyboard(String elements, String text) {
        await("button " + text).atMost(PATIENCE).until(() -> reaches(elements, text));
        type(Keys.ENTER);
    }

    private boolean reaches(String elements, String text) {
        if (Boolean.FALSE.equals(driver.executeScript(
                "return [...document.querySelectorAll(arguments[0])].some((e) => e.textContent.trim() === arguments[1])",
                elements,
                text))) {
            return false;
        }
        for (int tabs = 0; tabs < MOST_TABS; tabs++) {
            if (Boolean.TRUE.equals(driver.executeScript(FOCUSED, elements, text))) {
                return true;
            }
            type(Keys.TAB);
        }
        return false;
    }

    /// Sends keys to the element with the focus.
    void type(CharSequence keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    /// Clicks an element with the mouse as soon as it is there.
    void click(String xpath) {
        await("element " + xpath).atMost(PATIENCE).until(() -> {
            try {
                // The page may draw itself again between the two calls.
                driver.findElements(By.xpath(xpath)).getFirst().click();
                return true;
            } catch (WebDriverException | NoSuchElementException e) {
                return false;
            }
        });
    }

    /// What the page says of itself, by a script.
    Object ask(String script) {
        return driver.executeScript(script);
    }

    /// Sets the value of a field as soon as it is there.
    void fill(String label, String value) {
        String field = "//label[starts-with(normalize-space(), '" + label + "')]//*[self::input or self::textarea]";
        await("field " + label).atMost(PATIENCE).until(() -> {
            try {
                // The page may draw itself again between the two calls.
                driver.executeScript(
                        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
                        driver.findElement(By.xpath(field)),
                        value);
                return true;
            } catch (WebDriverException e) {
                return false;
            }
        });
    }

    /// Any size, also that of a telephone, which no window of Chromium has.
    void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /// Pretends to be a printer, or a person who wants less motion.
    ///
    /// @param media `print`, or empty for the screen
    /// @param reducedMotion whether motion is to be reduced
    void media(String media, boolean reducedMotion) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "media",
                        media,
                        "features",
                        List.of(Map.of("name", "prefers-reduced-motion", "value", reducedMotion ? "reduce" : ""))));
    }

    void theme(String theme) {
        driver.executeScript(
                "document.documentElement.dataset.theme = arguments[0]; dispatchEvent(new Event('nightshift-theme'))",
                theme);
    }

    /// Checks WCAG 2.2 AA, and that nothing is wider than the window.
    @SuppressWarnings("deprecation") // The only way without a second page for each check.
    void checkAccessibility(String page) {
        assertThat(new AxeBuilder()
                        // The dashboard has no frames, whose results would be merged in a page of their own.
                        .setLegacyMode()
                        .withTags(List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"))
                        .analyze(driver)
                        .getViolations())
                .as("%s: violations", page)
                .isEmpty();
        checkWidth(page);
    }

    /// Checks that nothing is wider than the window.
    void checkWidth(String page) {
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

    /// Replaces a text wherever the page shows it, so that a picture does not show the folders of a test.
    void replace(String text, String replacement) {
        driver.executeScript("""
                const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                while (texts.nextNode()) {
                  const text = texts.currentNode;
                  if (text.data.includes(arguments[0])) text.data = text.data.replaceAll(arguments[0], arguments[1]);
                }
                """, text, replacement);
    }

    /// The page as PNG, also what is below the window; or the window with a dialog.
    byte[] screenshot() {
        Map<String, Object> options = new HashMap<>(Map.of("format", "png"));
        if (Boolean.FALSE.equals(ask("return document.querySelector('dialog[open]') !== null"))) {
            ask("scrollTo(0, 0); document.activeElement.blur()");
            options.put("captureBeyondViewport", true);
            options.put(
                    "clip",
                    Map.of(
                            "x",
                            0,
                            "y",
                            0,
                            "width",
                            ask("return innerWidth"),
                            "height",
                            ask("return Math.min(%d, document.documentElement.scrollHeight)".formatted(MOST_HEIGHT)),
                            "scale",
                            1));
        }
        Object data =
                driver.executeCdpCommand("Page.captureScreenshot", options).get("data");
        return Base64.getDecoder().decode(String.valueOf(data));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
