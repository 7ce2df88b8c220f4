package io.nightshift.client;

import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads server-sent events from the body of a response with status 200, as the HTML standard defines them.
/// Keeps the body of any other response. For one response.
final class ServerSentEventReader implements BodyHandler<Void>, Flow.Subscriber<String> {

    /// An event.
    ///
    /// @param id the last ID that the server sent, with this event or an earlier one; empty if it sent none
    /// @param name `message` if the server named no other
    /// @param data one or more lines
    record Event(String id, String name, String data) {}

    private final Consumer<Event> listener;
    private final StringBuilder data = new StringBuilder();
    private final StringBuilder errorBody = new StringBuilder();
    private String id;
    private String name = "message";
    private volatile boolean isStream;
    private Flow.@Nullable Subscription subscription;

    /// @param id ID of the last event of the stream before, or empty
    ServerSentEventReader(String id, Consumer<Event> listener) {
        this.id = id;
        this.listener = listener;
    }

    @Override
    public BodySubscriber<Void> apply(HttpResponse.ResponseInfo response) {
        isStream = response.statusCode() == 200;
        return BodySubscribers.fromLineSubscriber(this);
    }

    /// Whether the response has begun, with status 200. Its stage completes only with its end.
    boolean hasBegun() {
        return isStream;
    }

    /// The body of a response with another status than 200.
    String errorBody() {
        return errorBody.toString();
    }

    void cancel() {
        Flow.Subscription open = subscription;
        if (open != null) {
            open.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        subscription = opened;
        opened.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(String line) {
        if (!isStream) {
            errorBody.append(line).append('\n');
        } else if (line.isEmpty()) {
            dispatch();
        } else if (!line.startsWith(":")) {
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            field(field, value.startsWith(" ") ? value.substring(1) : value);
        }
    }

    private void field(String field, String value) {
        switch (field) {
            case "id" -> id = value;
            case "event" -> name = value;
            case "data" -> data.append(data.isEmpty() ? "" : "\n").append(value);
            default -> {} // such as `retry`
        }
    }

    private void dispatch() {
        if (!data.isEmpty()) {
            listener.accept(new Event(id, name, data.toString()));
        }
        data.setLength(0);
        name = "message";
    }

    @Override
    public void onError(Throwable error) {
        // The response's stage fails with the same error.
    }

    @Override
    public void onComplete() {
        // The response's stage completes.
    }
}
