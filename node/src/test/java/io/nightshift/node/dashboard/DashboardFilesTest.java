package io.nightshift.node.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.node.http.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class DashboardFilesTest {

    private static final Pattern IMPORT = Pattern.compile("\\bfrom '\\./([^']+)'");

    private static String text(String file) {
        return DashboardFiles.text(file);
    }

    private static List<String> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }

    @Test
    void thePageLoadsOnlyFilesOfThisServerByRelativeAddresses() {
        String page = text(DashboardFiles.PAGE);
        List<String> loaded = matches(Pattern.compile("(?:src|href)=\"([^\"]*)\""), page);
        assertThat(loaded).isNotEmpty().allSatisfy(address -> {
            assertThat(address).startsWith("ui/");
            assertThat(DashboardFiles.FILES).contains(address.substring("ui/".length()));
        });
        for (String file : DashboardFiles.FILES) {
            assertThat(DashboardFiles.FILES).as(file).containsAll(matches(IMPORT, text(file)));
        }
    }

    @Test
    void everyFileIsLoaded() {
        List<String> loaded = Stream.concat(
                        matches(Pattern.compile("\"ui/([^\"]*)\""), text(DashboardFiles.PAGE)).stream(),
                        DashboardFiles.FILES.stream().flatMap(file -> matches(IMPORT, text(file)).stream()))
                .distinct()
                .toList();
        assertThat(loaded).containsExactlyInAnyOrderElementsOf(DashboardFiles.FILES);
    }

    @Test
    void noScriptOrStyleIsInline() {
        String page = text(DashboardFiles.PAGE);
        assertThat(page).doesNotContain("<style").doesNotContainPattern("\\s(style|on[a-z]+)=");
        assertThat(Pattern.compile("<script([^>]*)>(.*?)</script>")
                        .matcher(page)
                        .results())
                .isNotEmpty()
                .extracting(MatchResult::group)
                .allSatisfy(script -> assertThat(script).contains(" src=").endsWith("></script>"));
        Answer answer = new DashboardFiles().page();
        assertThat(answer.headers().get("Content-Security-Policy"))
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "http", "*");
    }

    @Test
    void ourScriptsSetNoHtmlAndUseOnlyRelativeAddresses() {
        for (String file : DashboardFiles.FILES) {
            if (file.endsWith(".js") && !file.equals("preact.js") && !file.equals("uplot.js")) {
                assertThat(text(file))
                        .as(file)
                        .doesNotContain("innerHTML", "dangerouslySetInnerHTML", "eval(", "http://", "https://")
                        .doesNotContainPattern("[`'\"]/(v1|session|dashboard|ui)\\b");
            }
        }
    }

    @Test
    void allFilesTogetherAreSmall() throws IOException {
        int bytes = compressed(text(DashboardFiles.PAGE));
        for (String file : DashboardFiles.FILES) {
            bytes += compressed(text(file));
        }
        assertThat(bytes).as("compressed bytes").isLessThan(100_000);
    }

    private static int compressed(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.size();
    }
}
