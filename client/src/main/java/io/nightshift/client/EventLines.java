package io.nightshift.client;

import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Server-sent events out of the lines of a response. Of an answer that is none, the body is kept as it is.
final class EventLines implements BodyHandler<Void>, Flow.Subscriber<String> {

    /// @param id the last that was told, or empty
    record Event(String id, String name, String data) {}

    private final Consumer<Event> listener;
    private final StringBuilder data = new StringBuilder();
    private final StringBuilder refusal = new StringBuilder();
    private String id;
    private String name = "message";
    private boolean isStream;
    private Flow.@Nullable Subscription subscription;

    /// @param id of the event before, or empty
    EventLines(String id, Consumer<Event> listener) {
        this.id = id;
        this.listener = listener;
    }

    @Override
    public BodySubscriber<Void> apply(HttpResponse.ResponseInfo response) {
        isStream = response.statusCode() == 200;
        return BodySubscribers.fromLineSubscriber(this);
    }

    /// The body of an answer that isn't a stream.
    String refusal() {
        return refusal.toString();
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
            refusal.append(line).append('\n');
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
    public void onError(Throwable problem) {
        // The stage of the response fails with it.
    }

    @Override
    public void onComplete() {
        // So does it complete.
    }
}
