package io.nightshift.node.http;

import io.nightshift.api.AlertPage;
import io.nightshift.api.ApiJson;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.operation.ClusterApi;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.ProblemException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;

/// The alerts, and tests of their channels.
final class AlertRoutes {

    private final AlertQueries alerts;

    AlertRoutes(AlertQueries alerts) {
        this.alerts = alerts;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of(ClusterApi.LIST_ALERTS, this::list),
                Endpoint.of(
                        ClusterApi.REPORT_VERIFICATION,
                        call -> alerts.verified(call.caller(), call.segment("batch"), report(call.body()))),
                Endpoint.of(
                        ClusterApi.TEST_ALERT_CHANNEL, call -> alerts.test(call.caller(), call.segment("channel"))));
    }

    private static VerificationReport report(byte[] body) {
        try {
            return ApiJson.read(new String(body, StandardCharsets.UTF_8), VerificationReport.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object with holds and summary: %s".formatted(e.getMessage()));
        }
    }

    private CompletionStage<AlertPage> list(Call call) {
        boolean onlyOpen = call.choice("state").equals("open");
        return alerts.page(onlyOpen, call.text("cursor").orElse(null), call.limit());
    }
}
