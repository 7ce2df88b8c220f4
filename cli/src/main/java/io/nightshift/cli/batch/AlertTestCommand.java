package io.nightshift.cli.batch;

import io.nightshift.api.AlertTestResult;
import io.nightshift.api.ApiJson;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.coordinator.alert.AlertSender;
import io.nightshift.node.alert.AlertChannels;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `alert test`: sends a message to a channel.
@Command(
        name = "test",
        description = "Sends a test message to a channel, and prints what its receiver answers. With --server, the node"
                + " sends the message; otherwise this command does, with the channels of the configuration file.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The receiver has acknowledged the message.",
            "1:The message was not delivered.",
            "2:There is no such channel, or the command is wrong."
        })
final class AlertTestCommand implements Callable<Integer> {

    @Parameters(paramLabel = "CHANNEL", description = "The name of a channel in nightshift.alerts.channels.")
    private String channel = "";

    @Mixin
    private final HomeFolder home = new HomeFolder();

    @Mixin
    private final ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private final ServerOption server = new ServerOption();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        AlertTestResult result = server.isGiven() ? byNode() : byThisCommand();
        PrintWriter out = spec.commandLine().getOut();
        if (output.isForPrograms()) {
            JsonOutput.print(out, ApiJson.tree(result));
        } else if (result.delivered()) {
            out.println("%s: the message is delivered. The answer: %s".formatted(channel, result.answer()));
        } else {
            out.println("%s: the message is not delivered: %s".formatted(channel, result.answer()));
        }
        out.flush();
        return result.delivered() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private AlertTestResult byNode() {
        try (NightshiftClient client = server.connect(home)) {
            return ClusterAccess.answer(client.testAlertChannel(channel));
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
    }

    private AlertTestResult byThisCommand() {
        String node = "this machine";
        AlertChannels channels =
                new AlertChannels(configuration.read(home).alerts().channels(), node, InstantSource.system());
        try {
            AlertSender.Outcome outcome = channels.test(channel).join();
            return new AlertTestResult(channel, outcome.delivered(), outcome.answer(), node);
        } finally {
            channels.close();
        }
    }
}
