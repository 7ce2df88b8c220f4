package io.nightshift.node.configuration;

import io.nightshift.node.alert.AlertChannel;
import io.nightshift.node.alert.Secret;
import io.nightshift.node.lineage.LineageSettings;
import java.nio.file.Path;
import java.time.Duration;

/// Reads the section `nightshift.lineage`.
final class LineageSection {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private LineageSection() {}

    static LineageSettings read(ConfigurationSection lineage) {
        boolean allowsPlainHttp = ReceiverKeys.allowsPlainHttp(lineage);
        String url = lineage.text(
                "url",
                KeyMeaning.of(
                        "URL",
                        "Where OpenLineage events are sent, such as `https://marquez.example.com/api/v1/lineage`."));
        Secret target = url.isEmpty() ? new Secret.Plain("") : ReceiverKeys.url(lineage, url, null, allowsPlainHttp);
        String namespace = lineage.text(
                "namespace",
                "nightshift",
                KeyMeaning.of("The namespace of the jobs. Clusters that share a receiver need different ones."));
        if (!namespace.matches("[ -~]{1,200}")) {
            lineage.mistake("namespace", "expected at most 200 ASCII characters");
        }
        Secret token = ReceiverKeys.secret(lineage, "token", "the token that the receiver asks for (`Bearer`)");
        Path ca = ReceiverKeys.ca(lineage);
        lineage.end();
        return new LineageSettings(new AlertChannel.Target(target, allowsPlainHttp, ca, TIMEOUT), token, namespace);
    }
}
