package io.nightshift.protocol.gateway;

import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.BatchPage;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.EventPage;
import io.nightshift.protocol.api.JobList;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.job.Job;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What a program may ask any node of a cluster: the contract of `docs/reference/messages.md`. Every question is
/// answered, if only by what keeps it from being answered well; all may be sent twice. A batch is named by its id,
/// the beginning of it if no other begins so, or `latest`.
public sealed interface GatewayCommand {

    /// The name of the actor that is asked, below `/system` on every node.
    String ACTOR = "gateway";

    /// Opens a batch of a job, or finds the one to go on with. The node that is asked resolves the model and looks
    /// at the source. When it is answered, that is durable.
    ///
    /// @param job as validated, its paths absolute: they mean the same on every node
    /// @param fresh gives up an open batch and runs even if the same was published before
    /// @param key by which the asker knows this submission, 1 to 255 printable ASCII characters without spaces, or
    ///     null: of the same job and key, only the first submission means anything
    record Submit(Job job, boolean fresh, @Nullable String key, ActorRef<GatewayReply<Submitted>> replyTo)
            implements GatewayCommand {}

    record Describe(String batch, ActorRef<GatewayReply<BatchDescription>> replyTo) implements GatewayCommand {}

    /// Asks to be told when a batch is no longer as it was seen. Answered at once where it isn't, else as soon as
    /// it changes, and after ten seconds in any case; who wants to hear more asks again.
    ///
    /// @param seen the answer before, or null
    record Watch(String batch, @Nullable BatchDescription seen, ActorRef<GatewayReply<BatchDescription>> replyTo)
            implements GatewayCommand {}

    /// Asks for batches, newest first. The answer may hold fewer than asked for, and then has a `next`.
    ///
    /// @param job its name, or null for all
    /// @param state such as `running`, or null for all
    /// @param limit how many at most, 1 to 100
    /// @param cursor the `next` of the page before, or null for the first
    record List(
            @Nullable String job,
            @Nullable String state,
            int limit,
            @Nullable String cursor,
            ActorRef<GatewayReply<BatchPage>> replyTo)
            implements GatewayCommand {}

    /// Asks for all jobs that were ever submitted.
    record ListJobs(ActorRef<GatewayReply<JobList>> replyTo) implements GatewayCommand {}

    /// Asks for a part of a batch's history. The answer may hold fewer entries than asked for, and then has a `next`.
    /// An entry too large for a message comes without its event's fields, and with their size as `omitted_bytes`.
    ///
    /// @param after the number of the entry before, or 0
    /// @param limit how many at most, 1 to 1000
    record ReadEvents(String batch, long after, int limit, ActorRef<GatewayReply<EventPage>> replyTo)
            implements GatewayCommand {}

    /// Says what is wanted of a batch: [BatchControl.Pause], [BatchControl.Resume], [BatchControl.Cancel],
    /// [BatchControl.Retry] or [BatchControl.Rescore]. When it is answered, that is durable.
    record Control(String batch, BatchControl control, ActorRef<GatewayReply<Controlled>> replyTo)
            implements GatewayCommand {}
}
