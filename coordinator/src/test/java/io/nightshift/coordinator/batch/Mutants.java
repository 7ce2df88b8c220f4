package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The machine with one thing wrong at a time.
enum Mutants implements Simulation.Machines {
    ANY_EPOCH_MAY_COMMIT {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                boolean holds(PartitionCommit commit) {
                    return true;
                }
            };
        }
    },
    A_COMMIT_IS_ACKNOWLEDGED_BEFORE_IT_IS_PERSISTED {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                Decision commit(BatchState state, BatchCommand.Commit message, int authority, DecisionTime now) {
                    Decision decision = super.commit(state, message, authority, now);
                    return refusal(state, message.commit()) == null
                            ? decision.with(new CoordinatorAction.Tell<>(
                                    message.worker(),
                                    new WorkerMessage.Committed(message.commit().attempt(batch))))
                            : decision;
                }
            };
        }
    },
    THE_INCARNATION_DOES_NOT_GROW {
        @Override
        BatchDecisions coordinator(
                BatchId batch, BatchSettings settings, String node, RandomGenerator random, AttemptDecisions attempts) {
            return new BatchDecisions(batch, settings, node, random, attempts) {
                @Override
                Decision takeCharge(BatchState state, DecisionTime now, BatchEvent... before) {
                    if (state.incarnation() == 0) {
                        return super.takeCharge(state, now, before);
                    }
                    return Decision.persist(Arrays.asList(before), (next, later) -> inCharge(next));
                }
            };
        }
    },
    IT_IS_PUBLISHED_BEFORE_THE_LAST_COMMIT {
        @Override
        BatchDecisions coordinator(
                BatchId batch, BatchSettings settings, String node, RandomGenerator random, AttemptDecisions attempts) {
            return new BatchDecisions(batch, settings, node, random, attempts) {
                @Override
                List<CoordinatorAction> turned(BatchState next, DecisionTime now) {
                    List<CoordinatorAction> actions = new ArrayList<>(super.turned(next, now));
                    if (next.phase() == Phase.RUNNING && next.winners().count() > 0) {
                        actions.add(new CoordinatorAction.Publish(next.incarnation(), next));
                    }
                    return actions;
                }
            };
        }
    },
    A_CANCELLED_BATCH_TAKES_COMMITS {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                @Nullable
                String refusal(BatchState state, PartitionCommit commit) {
                    return state.phase() == Phase.CANCELLED && holds(commit) ? null : super.refusal(state, commit);
                }

                @Override
                void end() {}
            };
        }
    },
    AN_EXPIRED_LEASE_IS_NOT_TAKEN_BACK {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                List<Expired> expired(long now) {
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
                boolean heartbeat(int partition, Epoch epoch, long rows, long now) {
                    held.put(partition, new Held(epoch, ExampleBatch.holder("node:1"), now, now + duration, rows));
                    return true;
                }
            };
        }
    },
    A_LEASE_IS_GIVEN_TO_TWO {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                @Nullable
                Leased again(Holder holder, long now) {
                    return held.entrySet().stream()
                            .findFirst()
                            .map(lease ->
                                    new Leased(lease.getKey(), lease.getValue().epoch()))
                            .orElse(null);
                }
            };
        }
    },
    WHAT_IS_COMMITTED_IS_LEASED_AGAIN_AFTER_A_RESTART {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                OptionalInt next(CommittedPartitions winners, long now) {
                    return super.next(CommittedPartitions.none(partitions), now);
                }
            };
        }
    },
    A_RETURNED_PARTITION_IS_FORGOTTEN {
        @Override
        Leases leases(int incarnation, int partitions, long duration) {
            return new Leases(incarnation, partitions, duration) {
                @Override
                void giveBack(int partition, Epoch epoch, long notBefore) {
                    held.remove(partition);
                }
            };
        }
    },
    A_PAUSED_BATCH_GOES_ON_LEASING {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                boolean isLeasing(BatchState state) {
                    return super.isLeasing(state) || state.phase() == Phase.PAUSED;
                }
            };
        }
    },
    THE_ERROR_BUDGET_IS_NOT_HELD {
        @Override
        AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
            return new AttemptDecisions(batch, settings, random) {
                @Override
                @Nullable
                String budgetExceeded(BatchState state, BatchState.Totals totals) {
                    return null;
                }
            };
        }
    },
    WHO_IS_NOT_IN_CHARGE_SAYS_NO {
        @Override
        BatchDecisions coordinator(
                BatchId batch, BatchSettings settings, String node, RandomGenerator random, AttemptDecisions attempts) {
            return new BatchDecisions(batch, settings, node, random, attempts) {
                @Override
                int authority(BatchState state) {
                    return Integer.MAX_VALUE;
                }

                @Override
                boolean isOfASuccessor(BatchState state, Attempt attempt) {
                    return false;
                }
            };
        }
    },
    WHO_WAS_REPLACED_DOES_NOT_FIND_OUT {
        @Override
        BatchDecisions coordinator(
                BatchId batch, BatchSettings settings, String node, RandomGenerator random, AttemptDecisions attempts) {
            return new BatchDecisions(batch, settings, node, random, attempts) {
                @Override
                boolean waitsForSomeone(BatchState state) {
                    return false;
                }
            };
        }
    },
    A_PUBLICATION_IS_NOT_FENCED_BEFORE_A_CHANGE {
        @Override
        BatchDecisions coordinator(
                BatchId batch, BatchSettings settings, String node, RandomGenerator random, AttemptDecisions attempts) {
            return new BatchDecisions(batch, settings, node, random, attempts) {
                @Override
                boolean needsFence(BatchState state, BatchCommand.Control request) {
                    return false;
                }
            };
        }
    };

    @Override
    public BatchDecisions make(BatchId batch, BatchSettings settings, String node, RandomGenerator random) {
        return coordinator(batch, settings, node, random, attempts(batch, settings, random));
    }

    BatchDecisions coordinator(
            BatchId batch, BatchSettings settings, String node, RandomGenerator random, AttemptDecisions attempts) {
        return new BatchDecisions(batch, settings, node, random, attempts);
    }

    AttemptDecisions attempts(BatchId batch, BatchSettings settings, RandomGenerator random) {
        return new AttemptDecisions(batch, settings, random) {
            @Override
            Leases leases(int incarnation, int partitions) {
                return Mutants.this.leases(
                        incarnation, partitions, settings.lease().toNanos());
            }
        };
    }

    Leases leases(int incarnation, int partitions, long duration) {
        return new Leases(incarnation, partitions, duration);
    }
}
