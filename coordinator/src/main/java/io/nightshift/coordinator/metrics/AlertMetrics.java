package io.nightshift.coordinator.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.nightshift.coordinator.alert.AlertObserver;
import java.util.concurrent.atomic.AtomicInteger;

/// The metrics of the alert outbox, on the node where it runs; `docs/reference/metrics.md` describes each.
/// Safe for several threads.
public final class AlertMetrics implements AlertObserver {

    private final Counter incidents;
    private final Counter delivered;
    private final Counter failed;
    private final Counter givenUp;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();

    public AlertMetrics(MeterRegistry registry) {
        incidents = Counter.builder("nightshift.alerts.raised")
                .description("Incidents that were opened")
                .register(registry);
        delivered = deliveries(registry, "delivered");
        failed = deliveries(registry, "failed");
        givenUp = deliveries(registry, "given_up");
        Gauge.builder("nightshift.alerts.open", open::get)
                .description("Incidents whose cause has not ended")
                .register(registry);
        Gauge.builder("nightshift.alerts.waiting", waiting::get)
                .description("Messages about incidents that are to be delivered")
                .register(registry);
    }

    private static Counter deliveries(MeterRegistry registry, String outcome) {
        return Counter.builder("nightshift.alerts.deliveries")
                .description("Attempts to deliver a message about an incident, by outcome; given_up counts messages"
                        + " that are not sent again")
                .tag("outcome", outcome)
                .register(registry);
    }

    @Override
    public void incidentOpened() {
        incidents.increment();
    }

    @Override
    public void attemptEnded(boolean isDelivered) {
        (isDelivered ? delivered : failed).increment();
    }

    @Override
    public void gaveUp() {
        givenUp.increment();
    }

    @Override
    public void countsChanged(int nowOpen, int nowWaiting) {
        open.set(nowOpen);
        waiting.set(nowWaiting);
    }
}
