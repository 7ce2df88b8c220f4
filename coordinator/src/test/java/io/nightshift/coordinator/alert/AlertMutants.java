package io.nightshift.coordinator.alert;

import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;

/// The decisions of the outbox with one mistake each. [AlertSimulationTest] shows that the simulation finds
/// every one of them.
enum AlertMutants implements Function<AlertSettings, AlertDecisions> {
    A_REPETITION_OPENS_ANOTHER_INCIDENT {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision raise(AlertState state, AlertCommand.Raise raise, Instant now) {
                    return super.raise(
                            new AlertState(state.last(), Collections.emptyNavigableMap(), state.ended()), raise, now);
                }
            };
        }
    },
    A_LATE_MESSAGE_OPENS_AN_INCIDENT_AGAIN {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision raise(AlertState state, AlertCommand.Raise raise, Instant now) {
                    TreeMap<Long, AlertState.Incident> open = new TreeMap<>(state.live());
                    open.values().removeIf(incident -> !incident.isOpen());
                    return super.raise(new AlertState(state.last(), open, List.of()), raise, now);
                }
            };
        }
    },
    A_MESSAGE_COUNTS_AS_DELIVERED_WHEN_IT_IS_SENT {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision next(AlertState state, Instant now) {
                    AlertDecision decision = super.next(state, now);
                    List<AlertEvent> events = new ArrayList<>(decision.events());
                    for (AlertEvent event : decision.events()) {
                        if (event instanceof AlertEvent.SendStarted started) {
                            events.add(new AlertEvent.Delivered(
                                    now, started.incident(), started.channel(), started.step()));
                        }
                    }
                    return new AlertDecision(events, decision.actions());
                }
            };
        }
    },
    AN_ERROR_COUNTS_AS_DELIVERED {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision sendEnded(AlertState state, AlertMessage.SendEnded ended, Instant now) {
                    return super.sendEnded(
                            state,
                            new AlertMessage.SendEnded(
                                    ended.incident(),
                                    ended.channel(),
                                    ended.step(),
                                    ended.attempt(),
                                    AlertSender.Outcome.delivered("500")),
                            now);
                }
            };
        }
    },
    IT_GIVES_UP_AFTER_THE_FIRST_FAILURE {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(new AlertSettings(
                    settings.rules(),
                    settings.stalledAfter(),
                    Duration.ZERO,
                    settings.minBackoff(),
                    settings.maxBackoff(),
                    settings.askEvery(),
                    settings.silentAfter()));
        }
    },
    WHAT_HAS_ENDED_IS_NOT_SENT {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision resolve(AlertState state, AlertCommand.Resolve resolve, Instant now) {
                    AlertDecision decision = super.resolve(state, resolve, now);
                    List<AlertEvent> events = new ArrayList<>();
                    for (AlertEvent event : decision.events()) {
                        AlertState.Incident incident = state.live().get(event.incident());
                        if (incident != null) {
                            incident.deliveries().forEach((channel, delivery) -> {
                                if (delivery.isWaiting()) {
                                    events.add(new AlertEvent.GaveUp(
                                            now, event.incident(), channel, delivery.step(), "it is over"));
                                }
                            });
                        }
                        events.add(event);
                    }
                    return new AlertDecision(events, decision.actions());
                }
            };
        }
    },
    THE_KEY_CHANGES_WITH_A_RESTART {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision next(AlertState state, Instant now) {
                    AlertDecision decision = super.next(state, now);
                    return new AlertDecision(
                            decision.events(),
                            decision.actions().stream().map(this::renamed).toList());
                }

                private AlertDecision.Action renamed(AlertDecision.Action action) {
                    if (!(action instanceof AlertDecision.Send(long incident, AlertNotification message))) {
                        return action;
                    }
                    return new AlertDecision.Send(
                            incident,
                            new AlertNotification(
                                    message.channel(),
                                    message.step(),
                                    message.key() + "/" + System.identityHashCode(this),
                                    message.subject(),
                                    message.cause(),
                                    message.job(),
                                    message.summary(),
                                    message.raisedAt(),
                                    message.resolvedAt(),
                                    message.resolution(),
                                    message.attempt()));
                }
            };
        }
    },
    NOBODY_ASKS_WHETHER_A_CAUSE_HAS_ENDED {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                List<AlertDecision.Action> questions(AlertState state, Instant now) {
                    return List.of();
                }
            };
        }
    },
    IT_SENDS_WITHOUT_WRITING {
        @Override
        public AlertDecisions apply(AlertSettings settings) {
            return new AlertDecisions(settings) {
                @Override
                AlertDecision next(AlertState state, Instant now) {
                    AlertDecision decision = super.next(state, now);
                    return new AlertDecision(
                            decision.events().stream()
                                    .filter(event -> !(event instanceof AlertEvent.SendStarted))
                                    .toList(),
                            decision.actions());
                }
            };
        }
    }
}
