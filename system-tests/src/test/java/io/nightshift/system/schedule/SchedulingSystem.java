package io.nightshift.system.schedule;

import io.nightshift.client.NightshiftClient;
import io.nightshift.testing.CommandResult;
import java.io.IOException;

/// Processes that run applied jobs.
interface SchedulingSystem extends AutoCloseable {

    /// Runs a command that asks them.
    CommandResult command(String... words);

    /// Runs a command with a server's address, so that it asks by HTTP. Without it, some commands ask by messages.
    CommandResult commandOverHttp(String... words);

    /// A client over HTTP.
    NightshiftClient http();

    /// A client by messages.
    NightshiftClient messages();

    /// Kills all processes as `kill -9` does.
    void kill() throws IOException, InterruptedException;

    /// Starts them again.
    void restart() throws IOException;

    @Override
    void close() throws IOException;
}
