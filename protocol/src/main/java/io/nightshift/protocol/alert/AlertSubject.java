package io.nightshift.protocol.alert;

import io.nightshift.protocol.batch.BatchId;
import java.util.Locale;

/// The subject of an alert.
///
/// @param kind of thing
/// @param name the batch's ID, the job's name, or the node's name `host:port`
public record AlertSubject(Kind kind, String name) {

    /// A kind of thing that alerts are about.
    public enum Kind {
        /// A batch.
        BATCH,
        /// A job with a schedule.
        JOB,
        /// A node.
        NODE;

        /// The name in messages and lists.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// An alert about a batch.
    ///
    /// @param batch the batch
    public static AlertSubject of(BatchId batch) {
        return new AlertSubject(Kind.BATCH, batch.value());
    }

    /// An alert about a job.
    ///
    /// @param job the job's name
    public static AlertSubject job(String job) {
        return new AlertSubject(Kind.JOB, job);
    }

    /// An alert about a node.
    ///
    /// @param node the node's name, `host:port`
    public static AlertSubject node(String node) {
        return new AlertSubject(Kind.NODE, node);
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}
