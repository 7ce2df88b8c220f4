package io.nightshift.client;

import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.BatchPage;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.EventPage;
import io.nightshift.protocol.api.JobList;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.job.Job;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Asks a cluster. Safe for several threads; nothing waits.
///
/// Every stage fails with a [NightshiftException] that says whether asking again helps; what may be asked
/// twice has then been asked again already, as often and as long as the client was told. A batch is named
/// by its id, the beginning of it if no other begins so, or `latest`.
public interface NightshiftClient extends AutoCloseable {

    /// A client that asks by HTTP.
    ///
    /// @param server such as `https://nightshift.example.org:7380`
    /// @param others nodes of the same cluster, to be asked where that one doesn't answer
    static HttpClientBuilder overHttp(URI server, URI... others) {
        return new HttpClientBuilder(server, List.of(others));
    }

    /// A client that asks by messages, as nodes do among themselves. It needs to be reached by the nodes, and may all
    /// that they may; so its place is beside them.
    ///
    /// @param node of the cluster, `host:port`
    /// @param others to be asked where that one doesn't answer
    static MessageClientBuilder overMessages(String node, String... others) {
        return new MessageClientBuilder(
                Stream.concat(Stream.of(node), Stream.of(others)).toList());
    }

    /// Opens a batch of a job, or finds the one to go on with. When the stage completes, that is durable.
    ///
    /// Without a key of the caller's, one is made up for this call, so that it opens one batch however
    /// often it has to be sent. With a key of the caller's, such as the day, the same holds for all calls
    /// with it, for ever.
    CompletionStage<Submitted> submit(Job job, SubmitOptions options);

    CompletionStage<BatchDescription> describe(String batch);

    /// @param filter which batches, and from where
    CompletionStage<BatchPage> list(BatchFilter filter);

    /// All jobs that were ever submitted.
    CompletionStage<JobList> jobs();

    /// The batch's history.
    ///
    /// @param after the number of the entry before, or 0
    CompletionStage<EventPage> events(String batch, long after);

    /// When the stage completes, what was asked for is durable. Done twice, it changes nothing more.
    CompletionStage<Controlled> control(String batch, BatchControl control);

    /// Follows a batch until it is settled: published, failed or cancelled. Goes on by itself where it was
    /// cut off.
    ///
    /// @param progress told what is new, by one thread at a time, which it must not keep
    /// @return the batch as it is in the end; cancelled, the stage ends the watching
    CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress);

    /// Ends what is under way.
    @Override
    void close();
}
