package io.nightshift.node.alert;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A channel of the configuration.
public sealed interface AlertChannel {

    /// How long an attempt may take.
    Duration timeout();

    /// A channel that gets messages by HTTP.
    ///
    /// @param url where the messages are sent
    /// @param allowsPlainHttp whether messages may be sent unencrypted to another machine
    /// @param ca the certificate authorities to trust; null for those of the platform
    /// @param timeout how long an attempt may take
    record Target(
            Secret url, boolean allowsPlainHttp, @Nullable Path ca, Duration timeout) {}

    /// A program of the user that accepts our JSON.
    ///
    /// @param secret signs each message; null to sign none
    record Webhook(Target target, @Nullable Secret secret) implements AlertChannel {
        @Override
        public Duration timeout() {
            return target.timeout();
        }
    }

    /// An incoming webhook of Slack, or of a program with the same form. Its URL is a secret.
    record Slack(Target target) implements AlertChannel {
        @Override
        public Duration timeout() {
            return target.timeout();
        }
    }

    /// The Events API of PagerDuty, version 2.
    ///
    /// @param routingKey the integration key of a service
    record PagerDuty(Target target, Secret routingKey) implements AlertChannel {
        @Override
        public Duration timeout() {
            return target.timeout();
        }
    }

    /// A program on the node, which reads our JSON from its standard input. No shell interprets the
    /// arguments.
    ///
    /// @param command the program and its arguments, at least one
    /// @param timeout how long it may run
    record Command(List<String> command, Duration timeout) implements AlertChannel {
        public Command {
            command = List.copyOf(command);
        }
    }
}
