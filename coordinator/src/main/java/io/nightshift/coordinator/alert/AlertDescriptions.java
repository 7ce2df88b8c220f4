package io.nightshift.coordinator.alert;

import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.coordinator.alert.AlertState.Delivery;
import io.nightshift.coordinator.alert.AlertState.Incident;
import io.nightshift.protocol.alert.AlertCommand;
import java.util.ArrayList;
import java.util.List;

/// Describes incidents to people and programs.
public final class AlertDescriptions {

    private AlertDescriptions() {}

    /// All incidents that the events tell of, newest first.
    ///
    /// @param onlyOpen whether to leave out those whose cause has ended
    /// @param settings of the outbox, for the time of the next attempt
    public static List<AlertDescription> of(AlertState state, boolean onlyOpen, AlertSettings settings) {
        AlertDecisions decisions = new AlertDecisions(settings);
        return state.all().stream()
                .filter(incident -> incident.isOpen() || !onlyOpen)
                .map(incident -> of(incident, decisions))
                .toList();
    }

    static AlertPage page(AlertState state, AlertCommand.ListIncidents list, AlertDecisions decisions) {
        int limit = Math.clamp(list.limit(), 1, 100);
        List<AlertDescription> page = new ArrayList<>();
        for (Incident incident : state.all()) {
            boolean isWanted = (incident.isOpen() || !list.onlyOpen())
                    && (list.before() == 0 || incident.number() < list.before());
            if (isWanted && page.size() == limit) {
                return new AlertPage(page, String.valueOf(page.getLast().number()));
            }
            if (isWanted) {
                page.add(of(incident, decisions));
            }
        }
        return new AlertPage(page, null);
    }

    private static AlertDescription of(Incident incident, AlertDecisions decisions) {
        return new AlertDescription(
                incident.number(),
                incident.key(),
                incident.subject().kind().toString(),
                incident.subject().name(),
                incident.job(),
                incident.cause().text(),
                incident.isOpen() ? "open" : "resolved",
                incident.summary(),
                incident.raisedAt(),
                incident.resolvedAt(),
                incident.resolution(),
                incident.deliveries().entrySet().stream()
                        .map(entry -> delivery(incident, entry.getKey(), entry.getValue(), decisions))
                        .toList());
    }

    private static AlertDescription.Delivery delivery(
            Incident incident, String channel, Delivery delivery, AlertDecisions decisions) {
        return new AlertDescription.Delivery(
                channel,
                switch (delivery.stage()) {
                    case WAITING -> "waiting";
                    case DELIVERED -> "delivered";
                    case GIVEN_UP -> "given-up";
                },
                delivery.attempts(),
                delivery.stage() == AlertState.Stage.DELIVERED ? null : decisions.failure(incident, channel),
                delivery.isWaiting() && delivery.attempts() > 0 ? decisions.due(incident, channel) : null);
    }
}
