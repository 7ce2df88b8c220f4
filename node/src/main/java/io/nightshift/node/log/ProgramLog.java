package io.nightshift.node.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.FilterReply;
import ch.qos.logback.core.util.FileSize;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// Configures logging. Commands log to a file in the home folder, so that the terminal shows only their
/// output. A node logs to standard output, where its supervisor collects the log. Configured in code, because
/// reading XML would take a tenth of a second at every start.
public final class ProgramLog extends ContextAwareBase implements Configurator {

    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level %logger{0} - %msg%n";

    private static final Pattern CLOSED_CONNECTION = Pattern.compile(
            "\\[outbound connection to \\[.*], .* stream] Upstream failed, cause: StreamTcpException: The connection"
                    + " has been aborted");

    private static final Pattern DROPPED_IN_MOVE = Pattern.compile(
            "(sharded-daemon-process-worker|catalogue|register): Dropping \\[\\d+\\] buffered messages to shard \\[\\d+\\] during hand off.*");

    private static volatile @Nullable Path file;
    private static volatile boolean console;
    private static volatile Format format = Format.TEXT;
    private static volatile boolean connectionsEnd;

    /// The format of a node's log.
    public enum Format {
        /// For people.
        TEXT,
        /// One JSON object a line, for programs.
        JSON
    }

    /// Starts logging to a file. Must be called before other threads use loggers. Without it, nothing is
    /// logged.
    ///
    /// @throws FailureException if the file can't be written, which Logback would report with a stack trace
    public static void toFile(Path log) {
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the home folder can't be used: its log %s can't be written: %s. Run the command as the user that owns the folder, or choose another one with --home"
                            .formatted(log, Folders.reason(e)));
        }
        file = log;
        LoggerFactory.getILoggerFactory();
    }

    /// Starts logging to standard output. Must be called before other threads use loggers.
    public static void toConsole(Format as) {
        console = true;
        format = as;
        LoggerFactory.getILoggerFactory();
    }

    /// Called when a node that has left its cluster closes its connections. From now on, the log omits the
    /// warnings that its connections to other nodes were aborted: the node itself aborts them, and Pekko has no
    /// order of its shutdown in which it does not.
    public static void connectionsEnd() {
        connectionsEnd = true;
    }

    /// Whether an event is the warning of a connection that the node itself has closed.
    static boolean isOwnClose(ILoggingEvent event) {
        return connectionsEnd
                && event.getLoggerName().equals("org.apache.pekko.stream.Materializer")
                && CLOSED_CONNECTION.matcher(event.getFormattedMessage()).matches();
    }

    /// Whether an event warns of a message that was dropped while its receiver moved to another node, and
    /// whose loss does no harm. Pekko repeats the messages that start workers. The senders of messages to the
    /// catalogue and to the register repeat them, or wait for a reply. Only one message to the register is sent
    /// once: that a batch has no work. A worker that asks the batch corrects this.
    static boolean isDroppedInMove(ILoggingEvent event) {
        return event.getLoggerName().equals("org.apache.pekko.cluster.sharding.ShardRegion")
                && DROPPED_IN_MOVE.matcher(event.getFormattedMessage()).matches();
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        Path log = file;
        Logger root = context.getLogger("ROOT");
        root.setLevel(log == null && !console ? Level.OFF : Level.WARN);
        if (log != null) {
            root.addAppender(started(context, rolling(context, log)));
        }
        if (console) {
            root.addAppender(started(context, new ConsoleAppender<>()));
        }
        for (String told : List.of("io.nightshift", "audit")) {
            context.getLogger(told).setLevel(root.getLevel() == Level.OFF ? Level.OFF : Level.INFO);
        }
        // The SDK logs each error of a store before Nightshift repeats the request or reports the failure.
        context.getLogger("com.azure").setLevel(Level.OFF);
        // The kernel warns of each look at a table without a checkpoint. It reports failures by exceptions.
        context.getLogger("io.delta").setLevel(root.getLevel() == Level.OFF ? Level.OFF : Level.ERROR);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static OutputStreamAppender<ILoggingEvent> started(
            LoggerContext context, OutputStreamAppender<ILoggingEvent> appender) {
        Encoder<ILoggingEvent> encoder = format == Format.JSON ? new JsonLines() : pattern();
        encoder.setContext(context);
        encoder.start();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.addFilter(new Filter<>() {
            @Override
            public FilterReply decide(ILoggingEvent event) {
                return isOwnClose(event) || isDroppedInMove(event) ? FilterReply.DENY : FilterReply.NEUTRAL;
            }
        });
        appender.start();
        return appender;
    }

    private static Encoder<ILoggingEvent> pattern() {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setPattern(PATTERN);
        return encoder;
    }

    private static RollingFileAppender<ILoggingEvent> rolling(LoggerContext context, Path log) {
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setFile(log.toString());

        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(log + ".%i");
        rolling.setMinIndex(1);
        rolling.setMaxIndex(3);
        rolling.start();
        appender.setRollingPolicy(rolling);

        SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
        size.setContext(context);
        size.setMaxFileSize(FileSize.valueOf("20MB"));
        size.start();
        appender.setTriggeringPolicy(size);
        return appender;
    }
}
