package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.VerificationReport;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/// The alerts, and tests of their channels.
final class AlertRoutes {

    private static final List<String> JSON = List.of("application/json");

    private final AlertQueries alerts;

    AlertRoutes(AlertQueries alerts) {
        this.alerts = alerts;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.get("/v1/alerts", Role.READ, Set.of("state", "limit", "cursor"), this::list),
                Endpoint.post(
                        "/v1/batches/{batch}/verification",
                        Role.ADMIN,
                        Set.of(),
                        JSON,
                        call -> alerts.verified(call.caller(), call.segment("batch"), report(call.body()))
                                .thenApply(result -> Answer.json(200, result))),
                Endpoint.post(
                        "/v1/alerts/channels/{channel}/test",
                        Role.ADMIN,
                        Set.of(),
                        JSON,
                        call -> alerts.test(call.caller(), call.segment("channel"))
                                .thenApply(result -> Answer.json(200, result))));
    }

    private static VerificationReport report(byte[] body) {
        try {
            return ApiJson.read(new String(body, StandardCharsets.UTF_8), VerificationReport.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object with holds and summary: %s".formatted(e.getMessage()));
        }
    }

    private CompletionStage<Answer> list(Call call) {
        boolean onlyOpen = switch (call.text("state").orElse("all")) {
            case "open" -> true;
            case "all" -> false;
            default -> throw ProblemException.badRequest("The parameter state is invalid. Send open or all.");
        };
        int limit = (int) call.number("limit", 20, 1, 100);
        return alerts.page(onlyOpen, call.text("cursor").orElse(null), limit).thenApply(page -> Answer.json(200, page));
    }
}
