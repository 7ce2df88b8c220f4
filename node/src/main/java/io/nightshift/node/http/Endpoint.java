package io.nightshift.node.http;

import io.nightshift.api.operation.Operation;
import java.util.concurrent.CompletionStage;

/// An operation that the server answers.
///
/// @param isOpenOnLoopback whether it needs no token where only the local token is valid
public record Endpoint(Operation<?> operation, Handler handler, boolean isOpenOnLoopback) {

    /// Answers a request. Called on the event loop, so it must not block or compute.
    @FunctionalInterface
    public interface Handler {
        CompletionStage<Answer> answer(Call call);
    }

    public Endpoint(Operation<?> operation, Handler handler) {
        this(operation, handler, false);
    }

    /// An endpoint whose handler makes the record that the operation answers with.
    public static <A> Endpoint of(Operation<A> operation, Question<A> question) {
        return new Endpoint(operation, call -> question.answer(call).thenApply(answer -> Answer.json(200, answer)));
    }

    /// Makes the record of an answer, as [Handler].
    @FunctionalInterface
    public interface Question<A> {
        CompletionStage<A> answer(Call call);
    }
}
