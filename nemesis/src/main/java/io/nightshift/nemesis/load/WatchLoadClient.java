package io.nightshift.nemesis.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/// A program that watches batches. For each batch ID that it reads from standard input, it opens many
/// watches, and writes a line with two numbers to standard output: the watches that ended with status 200,
/// and the events of all watches.
final class WatchLoadClient {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final LongAdder events = new LongAdder();

    private WatchLoadClient() {}

    /// The environment variable `NIGHTSHIFT_TOKEN` holds the node's token.
    ///
    /// @param arguments the node's URL, and the number of watches of each batch
    public static void main(String[] arguments) throws IOException {
        WatchLoadClient watchers = new WatchLoadClient();
        BufferedReader batches = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String batch = batches.readLine(); batch != null; batch = batches.readLine()) {
            watchers.watch(
                    URI.create(arguments[0] + "/v1/batches/" + batch + "/watch"), Integer.parseInt(arguments[1]));
        }
    }

    private void watch(URI batch, int count) {
        events.reset();
        List<CompletableFuture<HttpResponse<Void>>> watches = Stream.generate(() -> HttpRequest.newBuilder(batch)
                        .header("Authorization", "Bearer " + System.getenv("NIGHTSHIFT_TOKEN"))
                        .build())
                .limit(count)
                .map(request -> client.sendAsync(
                        request, BodyHandlers.ofByteArrayConsumer(part -> part.ifPresent(this::count))))
                .toList();
        long succeeded = watches.stream()
                .filter(watch -> watch.handle((response, problem) -> problem == null && response.statusCode() == 200)
                        .join())
                .count();
        System.out.println(succeeded + " " + events.sum());
    }

    /// An event ends with an empty line.
    private void count(byte[] part) {
        for (int i = 1; i < part.length; i++) {
            if (part[i] == '\n' && part[i - 1] == '\n') {
                events.increment();
            }
        }
    }
}
