package io.nightshift.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Many clients that watch a batch, on one thread.
final class Watchers implements AutoCloseable {

    private final Selector selector = Selector.open();
    private final List<SocketChannel> channels = new ArrayList<>();
    private final Thread thread = new Thread(this::read, "watchers");
    private volatile long events;
    private volatile boolean isOver;

    Watchers(int port, int count) throws IOException {
        byte[] request = "GET /v1/batches/x/watch HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            channels.add(channel);
        }
        thread.start();
    }

    long events() {
        return events;
    }

    private void read() {
        ByteBuffer buffer = ByteBuffer.allocate(8_192);
        try {
            while (!isOver) {
                selector.select(key -> {
                    try {
                        buffer.clear();
                        int read = ((SocketChannel) key.channel()).read(buffer);
                        if (read < 0) {
                            key.cancel();
                            return;
                        }
                        String text = new String(buffer.array(), 0, read, StandardCharsets.US_ASCII);
                        for (int at = text.indexOf("data:"); at >= 0; at = text.indexOf("data:", at + 1)) {
                            events++;
                        }
                    } catch (IOException e) {
                        key.cancel();
                    }
                });
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        isOver = true;
        selector.wakeup();
        thread.join();
        for (SocketChannel channel : channels) {
            channel.close();
        }
        selector.close();
    }
}
