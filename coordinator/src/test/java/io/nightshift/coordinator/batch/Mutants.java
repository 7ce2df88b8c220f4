package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.attempt.BatchForecast;
import io.nightshift.coordinator.batch.attempt.CommitDecisions;
import io.nightshift.coordinator.batch.attempt.DiscardedUse;
import io.nightshift.coordinator.batch.attempt.Leases;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.BackgroundTask;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.life.ControlDecisions;
import io.nightshift.coordinator.batch.life.CurrentTask;
import io.nightshift.coordinator.batch.life.ExtensionDecisions;
import io.nightshift.coordinator.batch.life.Incarnation;
import io.nightshift.coordinator.batch.life.LifecycleDecisions;
import io.nightshift.coordinator.batch.life.TakeoverDetection;
import io.nightshift.coordinator.batch.life.TaskFailureDecisions;
import io.nightshift.coordinator.batch.life.TaskOutcomeDecisions;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.state.CommittedPartitions;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.batch.trial.CanaryDecisions;
import io.nightshift.coordinator.batch.trial.ShadowDecisions;
import io.nightshift.coordinator.batch.upkeep.RedriveDecisions;
import io.nightshift.coordinator.batch.upkeep.RemovalDecisions;
import io.nightshift.coordinator.plan.PlanExtension;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The decision logic with one mistake each. [MutantsTest] shows that the simulation finds every one of them.
enum Mutants implements Simulation.DecisionsFactory {
    ANY_EPOCH_MAY_COMMIT {
        @Override
        CommitDecisions commits(BatchId batch, AttemptDecisions attempts) {
            return new CommitDecisions(batch, attempts) {
                @Override
                protected boolean holdsLease(PartitionCommit commit) {
                    return true;
                }
            };
        }
    },
    A_COMMIT_IS_ACKNOWLEDGED_BEFORE_IT_IS_PERSISTED {
        @Override
        CommitDecisions commits(BatchId batch, AttemptDecisions attempts) {
            return new CommitDecisions(batch, attempts) {
                @Override
                public BatchDecision commit(
                        BatchState state, BatchCommand.Commit message, int judgeable, DecisionTime now) {
                    BatchDecision decision = super.commit(state, message, judgeable, now);
                    return refusal(state, message.commit()) == null
                            ? decision.plus(new CoordinatorAction.Send<>(
                                    message.worker(),
                                    new WorkerMessage.Committed(message.commit().attempt(batch))))
                            : decision;
                }
            };
        }
    },
    THE_INCARNATION_DOES_NOT_GROW {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                protected BatchDecision takeOver(BatchState state, DecisionTime now, BatchEvent... before) {
                    if (state.incarnation() == 0) {
                        return super.takeOver(state, now, before);
                    }
                    super.takeOver(state, now, before);
                    dependencies.incarnation().become(state.incarnation());
                    return BatchDecision.persist(Arrays.asList(before), List.of());
                }
            };
        }
    },
    IT_IS_PUBLISHED_BEFORE_THE_LAST_COMMIT {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                @Nullable
                protected BackgroundTask wanted(BatchState state) {
                    return state.phase() == Phase.RUNNING && state.committed().count() > 0
                            ? new CoordinatorAction.Publish(state.incarnation())
                            : super.wanted(state);
                }
            };
        }
    },
    PARTITIONS_ARE_LEASED_BEFORE_PARTS_ARE_REUSED {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                protected List<CoordinatorAction> startWanted(BatchState state, DecisionTime now) {
                    List<CoordinatorAction> actions = new ArrayList<>(super.startWanted(state, now));
                    if (state.isReusing() && !dependencies.attempts().hasStarted()) {
                        actions.addAll(dependencies.attempts().start(state, incarnation(), now));
                    }
                    return actions;
                }
            };
        }
    },
    A_HELD_BATCH_IS_PUBLISHED {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                public List<CoordinatorAction> follow(BatchState before, BatchState after, DecisionTime now) {
                    return after.phase() == Phase.HELD && before.phase() != Phase.HELD
                            ? List.of(new CoordinatorAction.Publish(after.incarnation()))
                            : super.follow(before, after, now);
                }
            };
        }
    },
    IT_IS_PUBLISHED_WITHOUT_CHECKS {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                @Nullable
                protected BackgroundTask wanted(BatchState state) {
                    BackgroundTask wanted = super.wanted(state);
                    return wanted instanceof CoordinatorAction.MeasureBatch
                            ? new CoordinatorAction.Publish(state.incarnation())
                            : wanted;
                }
            };
        }
    },
    WITHDRAWN_ATTEMPTS_ARE_MEASURED {
        @Override
        public PartitionStatistics statistics(List<BatchEvent> events, BatchState state) {
            return events.stream()
                    .filter(BatchEvent.Committed.class::isInstance)
                    .flatMap(event -> ((BatchEvent.Committed) event).commits().stream())
                    .map(commit -> java.util.Objects.requireNonNull(commit.statistics()))
                    .reduce(PartitionStatistics.NONE, PartitionStatistics::plus);
        }
    },
    A_CANCELLED_BATCH_TAKES_COMMITS {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                public boolean keepsLeases(BatchState state) {
                    return super.keepsLeases(state) || state.phase() == Phase.CANCELLED;
                }
            };
        }
    },
    AN_EXPIRED_LEASE_IS_NOT_TAKEN_BACK {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                protected List<ExpiredLease> expired(long now) {
                    return List.of();
                }
            };
        }
    },
    A_HEARTBEAT_RENEWS_A_LOST_LEASE {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                protected boolean heartbeat(int partition, Epoch epoch, long rows, @Nullable Use use, long now) {
                    active.put(
                            partition,
                            new ActiveLease(epoch, ExampleBatch.holder("node:1"), now, now + duration, rows, use));
                    return true;
                }
            };
        }
    },
    A_LEASE_IS_GRANTED_TO_TWO_WORKERS {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                @Nullable
                protected GrantedLease currentLease(Holder holder, long now) {
                    return active.entrySet().stream()
                            .findFirst()
                            .map(lease -> new GrantedLease(
                                    lease.getKey(), lease.getValue().epoch()))
                            .orElse(null);
                }
            };
        }
    },
    A_COMMITTED_PARTITION_IS_LEASED_AGAIN_AFTER_A_RESTART {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                public OptionalInt nextPartition(CommittedPartitions committed, long now) {
                    return super.nextPartition(CommittedPartitions.empty(partitions), now);
                }
            };
        }
    },
    A_RELEASED_PARTITION_IS_FORGOTTEN {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                protected void release(int partition, Epoch epoch, long notBefore) {
                    active.remove(partition);
                }
            };
        }
    },
    AN_OUTAGE_USES_UP_ATTEMPTS {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                @Nullable
                protected Instant retriedUntil(BatchState state, Failure failure, DecisionTime now) {
                    return null;
                }
            };
        }
    },
    ONE_NODE_WITHOUT_THE_INPUT_FAILS_THE_BATCH {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                protected boolean isConfirmed(BatchState state, BatchEvent.AttemptFailed attempt, Set<String> scoring) {
                    return attempt.failure().equals(SimulatedWorker.MISSING);
                }
            };
        }
    },
    EVERY_FAILURE_EXTENDS_AN_OUTAGE {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                @Nullable
                protected Instant retriedUntil(BatchState state, Failure failure, DecisionTime now) {
                    return failure.resource() == null
                            ? null
                            : now.instant().plus(retry(state).patience(failure));
                }
            };
        }
    },
    A_PAUSED_BATCH_GOES_ON_LEASING {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                public boolean isLeasing(BatchState state) {
                    return super.isLeasing(state) || state.phase() == Phase.PAUSED;
                }
            };
        }
    },
    A_BATCH_LEASES_OUTSIDE_ITS_WINDOW {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                public boolean isInWindow(BatchState state, DecisionTime now) {
                    return true;
                }
            };
        }
    },
    A_BATCH_DOES_NOT_BEGIN_WHEN_ITS_WINDOW_OPENS {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                public BatchDecision windowOpened(BatchState state, DecisionTime now) {
                    return BatchDecision.nothing();
                }
            };
        }
    },
    AN_ATTEMPT_IS_PAID_WHENEVER_IT_IS_REPORTED {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random, new DiscardedUse() {
                @Override
                public Use uncounted(Epoch epoch, Use reported) {
                    return reported;
                }
            });
        }
    },
    A_COMMITTED_ATTEMPT_IS_DISCARDED_TOO {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            DiscardedUse discarded = new DiscardedUse();
            return new AttemptDecisions(batch, settings, random, discarded) {
                @Override
                public void committed(PartitionCommit commit, DecisionTime now) {
                    super.committed(commit, now);
                    if (commit.use() != null) {
                        discarded.add(commit.epoch(), commit.use());
                    }
                }
            };
        }
    },
    THE_ERROR_LIMIT_IS_NOT_ENFORCED {
        @Override
        CommitDecisions commits(BatchId batch, AttemptDecisions attempts) {
            return new CommitDecisions(batch, attempts) {
                @Override
                @Nullable
                public String violation(BatchState state, CommittedTotals totals, int committed) {
                    return null;
                }
            };
        }
    },
    A_SUPERSEDED_COORDINATOR_REFUSES_ATTEMPTS {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                public int judgeableIncarnation(BatchState state) {
                    return Integer.MAX_VALUE;
                }
            };
        }

        @Override
        TakeoverDetection takeover(BatchSettings settings, LifecycleDecisions lifecycle) {
            return new TakeoverDetection(settings, lifecycle) {
                @Override
                protected boolean isFromLaterIncarnation(BatchState state, Attempt attempt) {
                    return false;
                }
            };
        }
    },
    A_SUPERSEDED_COORDINATOR_DOES_NOT_NOTICE {
        @Override
        TakeoverDetection takeover(BatchSettings settings, LifecycleDecisions lifecycle) {
            return new TakeoverDetection(settings, lifecycle) {
                @Override
                protected boolean isIdle(BatchState state, DecisionTime now) {
                    return false;
                }
            };
        }
    },
    A_STALLED_PUBLICATION_IS_RETRIED_WITHOUT_A_TAKEOVER {
        @Override
        TaskFailureDecisions failures(Dependencies dependencies) {
            return new Failures(dependencies) {
                @Override
                protected BatchDecision taskStalled(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
                    return taskFailed(state, phase, step, now);
                }
            };
        }
    },
    A_LATE_PLAN_COUNTS {
        @Override
        TaskOutcomeDecisions outcomes(
                Dependencies dependencies, LifecycleDecisions lifecycle, ExtensionDecisions extensions) {
            return new Outcomes(dependencies, lifecycle, extensions, failures(dependencies)) {
                @Override
                public BatchDecision stepEnded(
                        BatchState state,
                        int startedBy,
                        CoordinatorMessage.StepOutcome outcome,
                        List<String> others,
                        DecisionTime now) {
                    boolean isPlan = outcome instanceof CoordinatorMessage.PlanCompleted && state.plan() == null;
                    return super.stepEnded(
                            state, isPlan ? dependencies.incarnation().number() : startedBy, outcome, others, now);
                }
            };
        }
    },
    ONE_NODE_WITHOUT_THE_INPUT_FAILS_THE_PLAN {
        @Override
        TaskFailureDecisions failures(Dependencies dependencies) {
            return new Failures(dependencies) {
                @Override
                protected boolean isConfirmed(BatchState state, FailedStep step) {
                    return step.failure().equals(SimulatedWorker.MISSING);
                }
            };
        }
    },
    A_CANCELLATION_FENCES_WITHOUT_A_TAKEOVER {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                protected BatchDecision takeOverToFence(
                        BatchState state, BatchCommand.Control request, DecisionTime now) {
                    super.takeOverToFence(state, request, now);
                    dependencies.incarnation().become(state.incarnation());
                    return BatchDecision.nothing();
                }
            };
        }
    },
    A_FAILED_PUBLICATION_IS_NOT_FENCED {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                @Nullable
                protected BackgroundTask wanted(BatchState state) {
                    BackgroundTask wanted = super.wanted(state);
                    return wanted instanceof CoordinatorAction.FenceFailedBatch ? null : wanted;
                }
            };
        }
    },
    A_PLAN_LOSES_PARTITIONS_WITHOUT_A_TAKEOVER {
        @Override
        ExtensionDecisions extensions(Dependencies dependencies) {
            return new Extensions(dependencies) {
                @Override
                protected boolean dropsPartitions(BatchState state, PlanExtension.Extended extended) {
                    return false;
                }
            };
        }

        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                public void grow(int all) {
                    super.grow(Math.max(all, partitions));
                }
            };
        }
    },
    PARTITIONS_THAT_WERE_ADDED_ARE_NOT_LEASED {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                public void grow(int all) {}
            };
        }
    },
    IT_IS_PUBLISHED_BEFORE_ITS_PLAN_IS_EXTENDED {
        @Override
        LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            return new Lifecycle(dependencies, extensions) {
                @Override
                @Nullable
                protected BackgroundTask wanted(BatchState state) {
                    return state.phase() == Phase.RUNNING && state.committed().isComplete()
                            ? new CoordinatorAction.Publish(state.incarnation())
                            : super.wanted(state);
                }
            };
        }
    },
    A_PUBLISHER_TRUSTS_ITS_FIRST_LOOK {
        @Override
        public SimulatedDestination destination(InvariantChecker checker) {
            return new SimulatedDestination(checker) {
                @Override
                boolean isVisibleAtTheClaim() {
                    return false;
                }
            };
        }
    },
    A_PUBLICATION_IS_NOT_FENCED_BEFORE_A_CHANGE {
        @Override
        ControlDecisions control(
                Dependencies dependencies, LifecycleDecisions lifecycle, TaskOutcomeDecisions outcomes) {
            return new ControlDecisions(
                    dependencies.batch(),
                    lifecycle,
                    outcomes,
                    dependencies.attempts(),
                    dependencies.commits(),
                    dependencies.removal(),
                    dependencies.redrives()) {
                @Override
                protected boolean needsFence(BatchState state, BatchCommand.Control request) {
                    return false;
                }
            };
        }
    },
    A_PROMOTION_IS_GIVEN_UP_AT_ITS_FIRST_FAILURE {
        @Override
        TaskFailureDecisions failures(Dependencies dependencies) {
            return new Failures(dependencies) {
                @Override
                protected boolean mayBePromotedLater(BatchState state, Failure failure, DecisionTime now) {
                    return false;
                }
            };
        }
    },
    THE_REST_IS_LEASED_BEFORE_THE_CANARY_IS_DECIDED {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                protected void only(List<Integer> chosen) {}
            };
        }
    },
    A_FAILED_CANDIDATE_LEAVES_ITS_COMMITS {
        @Override
        CanaryDecisions canary(AttemptDecisions attempts) {
            return new CanaryDecisions(attempts) {
                @Override
                protected void withdraw(
                        BatchState next, CanaryState canary, List<BatchEvent> events, DecisionTime now) {}
            };
        }
    },
    A_CANDIDATE_PASSES_WITH_A_PART_OF_ITS_PARTITIONS {
        @Override
        CanaryDecisions canary(AttemptDecisions attempts) {
            return new CanaryDecisions(attempts) {
                @Override
                protected boolean isScored(BatchState next, CanaryState canary) {
                    return next.committed().count() > 0;
                }
            };
        }
    },
    A_CANDIDATE_COMMITS_AFTER_IT_HAS_FAILED {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                public void restart() {
                    Map<Integer, ActiveLease> held = Map.copyOf(active);
                    super.restart();
                    active.putAll(held);
                }
            };
        }

        @Override
        CommitDecisions commits(BatchId batch, AttemptDecisions attempts) {
            return new CommitDecisions(batch, attempts) {
                @Override
                protected boolean isOfLeasedModel(BatchState state, PartitionCommit commit) {
                    return true;
                }
            };
        }
    },
    A_CANDIDATE_THAT_ONLY_SCORES_IN_ADDITION_FAILS_THE_BATCH {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                public int mostAttempts(BatchState state, int partition) {
                    return retry(state).attempts();
                }
            };
        }
    },
    A_CANDIDATE_THAT_ONLY_SCORES_IN_ADDITION_CONTINUES_AFTER_IT_HAS_FAILED {
        @Override
        ShadowDecisions shadow() {
            return new ShadowDecisions() {
                @Override
                public BatchDecision decide(
                        BatchState state, BatchDecision decision, boolean isExpiry, DecisionTime now) {
                    return decision;
                }
            };
        }
    };

    /// The constructor arguments of the classes that a mutant replaces.
    record Dependencies(
            BatchId batch,
            BatchSettings settings,
            String node,
            RandomGenerator random,
            AttemptDecisions attempts,
            CommitDecisions commits,
            BatchForecast forecasts,
            Incarnation incarnation,
            CurrentTask task,
            RemovalDecisions removal,
            RedriveDecisions redrives) {}

    private static class Lifecycle extends LifecycleDecisions {
        Lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
            super(
                    dependencies.batch(),
                    dependencies.attempts(),
                    dependencies.commits(),
                    dependencies.forecasts(),
                    dependencies.incarnation(),
                    dependencies.task(),
                    extensions);
        }
    }

    private static class Extensions extends ExtensionDecisions {
        Extensions(Dependencies dependencies) {
            super(
                    dependencies.batch(),
                    dependencies.attempts(),
                    dependencies.commits(),
                    dependencies.incarnation(),
                    dependencies.task());
        }
    }

    private static class Failures extends TaskFailureDecisions {
        Failures(Dependencies dependencies) {
            super(
                    dependencies.batch(),
                    dependencies.settings(),
                    dependencies.node(),
                    dependencies.random(),
                    dependencies.incarnation(),
                    dependencies.task());
        }
    }

    private static class Outcomes extends TaskOutcomeDecisions {
        Outcomes(
                Dependencies dependencies,
                LifecycleDecisions lifecycle,
                ExtensionDecisions extensions,
                TaskFailureDecisions failures) {
            super(
                    dependencies.node(),
                    dependencies.attempts(),
                    dependencies.commits(),
                    dependencies.incarnation(),
                    dependencies.task(),
                    lifecycle,
                    extensions,
                    failures);
        }
    }

    @Override
    public BatchDecisions create(BatchId batch, BatchSettings settings, String node, RandomGenerator random) {
        AttemptDecisions attempts = attempts(batch, settings, random);
        CurrentTask task = new CurrentTask();
        Dependencies dependencies = new Dependencies(
                batch,
                settings,
                node,
                random,
                attempts,
                commits(batch, attempts),
                new BatchForecast(),
                new Incarnation(node, attempts, task),
                task,
                new RemovalDecisions(batch, settings.removalGrace()),
                new RedriveDecisions(batch, node));
        ExtensionDecisions extensions = extensions(dependencies);
        LifecycleDecisions lifecycle = lifecycle(dependencies, extensions);
        TaskOutcomeDecisions outcomes = outcomes(dependencies, lifecycle, extensions);
        return new BatchDecisions(
                batch,
                lifecycle,
                outcomes,
                attempts,
                dependencies.commits(),
                control(dependencies, lifecycle, outcomes),
                takeover(settings, lifecycle),
                dependencies.forecasts(),
                dependencies.removal(),
                dependencies.redrives(),
                canary(attempts),
                shadow());
    }

    ShadowDecisions shadow() {
        return new ShadowDecisions();
    }

    CanaryDecisions canary(AttemptDecisions attempts) {
        return new CanaryDecisions(attempts);
    }

    AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
        return new AttemptDecisions(batch, settings, random) {
            @Override
            protected Leases leases(int incarnation, int partitions) {
                return Mutants.this.leases(
                        incarnation, partitions, settings.lease().toNanos());
            }
        };
    }

    Leases leases(int incarnation, int partitions, long duration) {
        return new Leases(incarnation, partitions, duration);
    }

    CommitDecisions commits(BatchId batch, AttemptDecisions attempts) {
        return new CommitDecisions(batch, attempts);
    }

    ExtensionDecisions extensions(Dependencies dependencies) {
        return new Extensions(dependencies);
    }

    LifecycleDecisions lifecycle(Dependencies dependencies, ExtensionDecisions extensions) {
        return new Lifecycle(dependencies, extensions);
    }

    TaskFailureDecisions failures(Dependencies dependencies) {
        return new Failures(dependencies);
    }

    TaskOutcomeDecisions outcomes(
            Dependencies dependencies, LifecycleDecisions lifecycle, ExtensionDecisions extensions) {
        return new Outcomes(dependencies, lifecycle, extensions, failures(dependencies));
    }

    ControlDecisions control(Dependencies dependencies, LifecycleDecisions lifecycle, TaskOutcomeDecisions outcomes) {
        return new ControlDecisions(
                dependencies.batch(),
                lifecycle,
                outcomes,
                dependencies.attempts(),
                dependencies.commits(),
                dependencies.removal(),
                dependencies.redrives());
    }

    TakeoverDetection takeover(BatchSettings settings, LifecycleDecisions lifecycle) {
        return new TakeoverDetection(settings, lifecycle);
    }
}
