package io.nightshift.cli.client;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.nightshift.api.ApiJson;
import io.nightshift.api.Problem;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `ui`: opens the dashboard in a browser that is signed in already. The address holds a code that is valid once
/// and for a minute, not the token. The browser reads the address from a [SignInPage].
@Command(
        name = "ui",
        description =
                "Opens the dashboard in a browser, already signed in. The address that it prints is valid once, for a minute.",
        mixinStandardHelpOptions = true)
public final class UiCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final HomeFolder home = new HomeFolder();

    @Mixin
    private final ServerOption server = new ServerOption();

    @Option(names = "--no-browser", description = "Print the address only.")
    private boolean noBrowser;

    /// The answer of the node.
    private record SignInCode(@JsonProperty("code") String code) {}

    @Override
    public Integer call() {
        ServerOption.Reachable reachable = server.find(home)
                .orElseThrow(() -> FailureException.permanent(
                        "no server runs on %s. Start `nightshift serve%s`, or name a node that answers HTTP with --server"
                                .formatted(home.folder(), home.option())));
        String text = reachable.address().toString();
        URI dashboard = URI.create(text.endsWith("/") ? text : text + "/");
        URI signedIn = dashboard.resolve("#/sign-in/" + code(reachable, dashboard));
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        out.println(signedIn);
        if (!noBrowser) {
            // A browser that is confined, such as one installed by snap, can't read a hidden folder. Then it shows
            // an error, which this command can't see.
            out.println("If the browser can't open the page, open this address within a minute.");
            out.flush();
            open(home.folder(), signedIn);
        }
        out.flush();
        return ExitStatus.DONE;
    }

    private static String code(ServerOption.Reachable reachable, URI dashboard) {
        if (reachable.token() == null) {
            throw FailureException.permanent(
                    "the dashboard needs a token. Give one with --token-file, or in the environment variable NIGHTSHIFT_TOKEN");
        }
        HttpClient.Builder client = HttpClient.newBuilder().connectTimeout(TIMEOUT);
        if (reachable.tls() != null) {
            client.sslContext(reachable.tls());
        }
        try (HttpClient http = client.build()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(dashboard.resolve("session/codes"))
                            .timeout(TIMEOUT)
                            .header("Authorization", "Bearer " + reachable.token())
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 201) {
                throw FailureException.permanent(refusal(dashboard, answer));
            }
            return ApiJson.read(answer.body(), SignInCode.class).code();
        } catch (IOException | UncheckedIOException e) {
            throw new FailureException(
                    Failure.transientFailure("%s does not answer: %s".formatted(dashboard, e.getMessage())));
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent("--server: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException(Failure.transientFailure("interrupted"));
        }
    }

    private static String refusal(URI dashboard, HttpResponse<String> answer) {
        try {
            return ApiJson.read(answer.body(), Problem.class).detail();
        } catch (UncheckedIOException e) {
            return "%s has no dashboard: it answered with status %d".formatted(dashboard, answer.statusCode());
        }
    }

    /// Opens an address with the system's browser, if there is one.
    private static void open(Path home, URI address) {
        try {
            Path page = SignInPage.write(home, address);
            Process browser = new ProcessBuilder(SignInPage.command(System.getProperty("os.name", ""), page))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            // The terminal stays as it is until a program that only passes the page on has ended.
            browser.waitFor(2, TimeUnit.SECONDS);
        } catch (IOException e) {
            // The user opens the address.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
