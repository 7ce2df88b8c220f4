package io.nightshift.node.configuration;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// The section `nightshift.metrics.otlp`: where a node sends its metrics by OTLP over HTTP.
///
/// @param url the collector's URL, such as `http://localhost:4318/v1/metrics`
/// @param interval how often metrics are sent
/// @param headers headers of each request; their values may be secrets
public record OtlpSettings(String url, Duration interval, Map<String, String> headers) {

    public OtlpSettings {
        headers = Map.copyOf(headers);
    }

    static OtlpSettings read(ConfigurationSection otlp) {
        String url = otlp.text(
                "url", KeyMeaning.of("URL", "The address of a collector, such as `http://localhost:4318/v1/metrics`."));
        if (!url.isEmpty() && !url.matches("https?://[^@]+")) {
            otlp.mistake("url", "expected a URL such as http://localhost:4318/v1/metrics, without credentials");
        }
        boolean isPlainAllowed = PlainConnections.allowsHttp(otlp);
        if (url.startsWith("http://")) {
            checkPlain(otlp, url, isPlainAllowed);
        }
        int interval = otlp.number(
                "interval-seconds", 60, 1, 3_600, KeyMeaning.of("s", "The time between two transmissions."));
        Map<String, String> headers = new HashMap<>();
        ConfigurationSection section = otlp.section("headers");
        for (String name : section.names()) {
            KeyMeaning meaning = KeyMeaning.of("A header of the requests to the collector, such as `Authorization`.");
            headers.put(name, section.text(name, meaning));
        }
        section.end();
        OtlpSettings settings = new OtlpSettings(url, Duration.ofSeconds(interval), headers);
        otlp.end();
        return settings;
    }

    private static void checkPlain(ConfigurationSection otlp, String url, boolean isAllowed) {
        try {
            PlainConnections.checkHttp(otlp, "url", URI.create(url), isAllowed);
        } catch (IllegalArgumentException _) {
            otlp.mistake("url", "expected a URL such as http://localhost:4318/v1/metrics, without credentials");
        }
    }

    /// Without the headers' values, which may be secrets.
    @Override
    public String toString() {
        return "OTLP to " + url;
    }
}
