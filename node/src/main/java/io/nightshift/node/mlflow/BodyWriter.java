package io.nightshift.node.mlflow;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// Writes the body of an answer to a channel as it arrives, up to a limit: a larger body is cut there, so that an
/// endless one takes neither time nor space. Another thread may ask how much has arrived.
final class BodyWriter implements BodySubscriber<Long> {

    private final WritableByteChannel target;
    private final long limit;
    private final CompletableFuture<Long> written = new CompletableFuture<>();
    private volatile long bytes;
    private volatile @Nullable IOException writeError;
    private Flow.@Nullable Subscription subscription;

    /// @param limit the most bytes that are written
    BodyWriter(WritableByteChannel target, long limit) {
        this.target = target;
        this.limit = limit;
    }

    /// How many bytes have arrived; more than the limit if the body is longer.
    long bytes() {
        return bytes;
    }

    /// Why the target could not be written; null if it could. The server is not to blame for it.
    @Nullable
    IOException writeError() {
        return writeError;
    }

    @Override
    public CompletionStage<Long> getBody() {
        return written;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        try {
            for (ByteBuffer buffer : buffers) {
                long room = limit - bytes;
                long arrived = bytes + buffer.remaining();
                if (buffer.remaining() > room) {
                    buffer.limit(buffer.position() + (int) Math.max(0, room));
                }
                while (buffer.hasRemaining()) {
                    target.write(buffer);
                }
                bytes = arrived;
            }
        } catch (IOException e) {
            writeError = e;
            cancel();
            written.completeExceptionally(e);
            return;
        }
        if (bytes > limit) {
            cancel();
            written.complete(bytes);
        } else if (subscription != null) {
            subscription.request(1);
        }
    }

    private void cancel() {
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public void onError(Throwable error) {
        written.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
        written.complete(bytes);
    }
}
