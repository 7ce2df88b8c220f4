package io.nightshift.node.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends the events of a stream to one client, each piece after the client has taken the one before. Ends the
/// answer when the client's token is no longer valid, or its session has ended. Used on the event loop only.
final class EventWriter {

    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);

    private static final Buffer KEEP_ALIVE = Buffer.buffer(": still here\n\n");

    private final EventStream events;
    private final HttpServerResponse response;
    private final HttpConnections.Exchange exchange;
    private final BooleanSupplier validity;
    private final Vertx vertx;
    private final HttpConnection connection;
    private final boolean isVersion10;
    private final Consumer<EventWriter> atEnd;
    private final long timer;
    private boolean isSilent;
    private int writing;
    private boolean isEnded;

    /// @param validity whether the client may still read; asked before each piece, and at least every
    ///     `keepAliveSeconds`
    /// @param keepAliveSeconds how long the stream is silent before a comment is sent
    /// @param atEnd called once, when the stream has ended or the client has left
    EventWriter(
            EventStream events,
            RoutingContext context,
            HttpConnections.Exchange exchange,
            BooleanSupplier validity,
            int keepAliveSeconds,
            Consumer<EventWriter> atEnd) {
        this.events = events;
        this.response = context.response();
        this.exchange = exchange;
        this.validity = validity;
        this.vertx = context.vertx();
        this.connection = context.request().connection();
        this.isVersion10 = context.request().version() == HttpVersion.HTTP_1_0;
        this.atEnd = atEnd;
        this.timer = vertx.setPeriodic(keepAliveSeconds * 1_000L, time -> keepAlive());
    }

    /// Sends the head, and then events until the stream ends.
    void start() {
        response.closeHandler(closed -> stop());
        if (response.closed()) {
            stop();
            return;
        }
        write(Buffer.buffer()).onSuccess(written -> next());
    }

    private void next() {
        if (!isEnded) {
            Future.fromCompletionStage(events.next(), vertx.getOrCreateContext())
                    .onSuccess(this::send)
                    .onFailure(problem -> {
                        LOG.debug("an event stream failed", problem);
                        abort();
                    });
        }
    }

    private void send(Optional<byte[]> piece) {
        if (isEnded) {
            return;
        }
        if (piece.isEmpty()) {
            end();
        } else if (piece.get().length == 0) {
            next();
        } else if (!validity.getAsBoolean()) {
            end();
        } else {
            write(Buffer.buffer(piece.get())).onSuccess(written -> next());
        }
    }

    private void keepAlive() {
        if (!validity.getAsBoolean()) {
            end();
            return;
        }
        if (isSilent && writing == 0) {
            write(KEEP_ALIVE);
        }
        isSilent = true;
    }

    private Future<Void> write(Buffer piece) {
        isSilent = false;
        writing++;
        exchange.send();
        return response.write(piece).onComplete(written -> {
            writing--;
            if (writing == 0) {
                exchange.sent();
            }
        });
    }

    /// Ends the answer.
    void end() {
        if (isEnded) {
            return;
        }
        stop();
        exchange.send();
        response.end().onComplete(ended -> {
            exchange.end(true);
            if (isVersion10) {
                // Without chunks, only this marks the end.
                connection.close();
            }
        });
    }

    private void abort() {
        stop();
        response.reset();
    }

    private void stop() {
        if (!isEnded) {
            isEnded = true;
            vertx.cancelTimer(timer);
            events.ended();
            atEnd.accept(this);
        }
    }
}
