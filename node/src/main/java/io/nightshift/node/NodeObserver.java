package io.nightshift.node;

import io.nightshift.coordinator.alert.AlertObserver;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.WorkerObserver;
import org.apache.pekko.actor.typed.ActorSystem;

/// Hears what happens on a node, and says what it has heard.
public interface NodeObserver {

    /// For those who don't want to know.
    NodeObserver NOBODY = new NodeObserver() {
        @Override
        public BatchObserver batches() {
            return BatchObserver.NONE;
        }

        @Override
        public WorkerObserver workers() {
            return WorkerObserver.NOBODY;
        }

        @Override
        public AlertObserver alerts() {
            return AlertObserver.NONE;
        }

        @Override
        public void begin(ActorSystem<?> system, ScoringThreads threads, NodeFaults faults, StuckThreads stuck) {}

        @Override
        public void observe(SubmissionQueue submissions) {}

        @Override
        public void happened(ScheduledJobEvent event) {}

        @Override
        public void postponed(String job, int runs) {}

        @Override
        public String exposition() {
            return "";
        }
    };

    BatchObserver batches();

    WorkerObserver workers();

    AlertObserver alerts();

    /// The node has started; called once.
    ///
    /// @param stuck counts the threads of coordinators that hang
    void begin(ActorSystem<?> system, ScoringThreads threads, NodeFaults faults, StuckThreads stuck);

    /// The node accepts submissions; called once.
    void observe(SubmissionQueue submissions);

    /// Something has happened to an applied job whose actor runs on this node. Called by actors; never blocks.
    void happened(ScheduledJobEvent event);

    /// The number of runs of an applied job that wait for their input, their destination or the model registry; 0
    /// if the job's actor has left this node. Called by actors, also without a change; never blocks.
    void postponed(String job, int runs);

    /// The observed events, in Prometheus' text format.
    String exposition();
}
