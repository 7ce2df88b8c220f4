package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The rules by which connections are accepted, replaced and closed, on a clock that the test advances.
final class HttpConnectionsTest {

    private static final HttpLimits LIMITS =
            new HttpLimits(1_024, 1_000, 10, 10, 5, 3, new HttpLimits.Timeouts(10, 20, 30, 75, 15));

    private long now;
    private int port = 40_000;
    private final HttpConnections connections = new HttpConnections(LIMITS, () -> now);
    private final EmbeddedChannel listening = new EmbeddedChannel(connections);

    private static final class Accepted extends EmbeddedChannel {
        private final InetSocketAddress client;

        Accepted(InetSocketAddress client) {
            this.client = client;
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return client;
        }

        SocketAddress address() {
            return SocketAddress.inetSocketAddress(client);
        }
    }

    private Accepted connect(String host) {
        Accepted channel = new Accepted(new InetSocketAddress(host, port++));
        listening.writeInbound(channel);
        @Nullable Object admitted = listening.readInbound();
        assertThat(admitted).as("passed on").isSameAs(channel.isOpen() ? channel : null);
        return channel;
    }

    private void pass(int seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
        connections.closeLate();
    }

    @Test
    void aNewConnectionReplacesTheOneOfItsAddressThatHasWaitedLongest() {
        Accepted other = connect("10.0.0.1");
        Accepted first = connect("10.0.0.2");
        Accepted second = connect("10.0.0.2");
        connect("10.0.0.2");
        Accepted fourth = connect("10.0.0.2");
        assertThat(first.isOpen()).isFalse();
        assertThat(second.isOpen()).isTrue();
        assertThat(fourth.isOpen()).isTrue();
        assertThat(other.isOpen()).isTrue();
        assertThat(connections.size()).isEqualTo(4);
    }

    @Test
    void aFullNodeClosesAConnectionOfTheBusiestAddress() {
        connect("10.0.0.1");
        Accepted slow = connect("10.0.0.2");
        connect("10.0.0.2");
        connect("10.0.0.2");
        connect("10.0.0.3");
        Accepted probe = connect("10.0.0.4");
        assertThat(probe.isOpen()).isTrue();
        assertThat(slow.isOpen()).isFalse();
        assertThat(connections.size()).isEqualTo(5);
    }

    @Test
    void aConnectionWhoseRequestIsAnsweredIsNotReplaced() {
        Accepted[] busy = {connect("10.0.0.2"), connect("10.0.0.2"), connect("10.0.0.2")};
        HttpConnections.Exchange exchange = connections.begin(busy[0].address(), false);
        connections.begin(busy[1].address(), false);
        connections.begin(busy[2].address(), true).received();
        assertThat(connect("10.0.0.2").isOpen()).as("one more").isFalse();
        exchange.end(true);
        assertThat(connect("10.0.0.2").isOpen()).isTrue();
        assertThat(busy[0].isOpen()).as("idle").isFalse();
        assertThat(busy[1].isOpen()).isTrue();
        assertThat(busy[2].isOpen()).isTrue();
    }

    @Test
    void eachPartOfAConnectionHasItsTimeLimit() {
        Accepted silent = connect("10.0.0.1");
        Accepted sending = connect("10.0.0.2");
        Accepted reading = connect("10.0.0.3");
        Accepted idle = connect("10.0.0.4");
        AtomicBoolean isLate = new AtomicBoolean();
        connections.begin(sending.address(), true).receive(() -> isLate.set(true));
        connections.begin(reading.address(), false).send();
        connections.begin(idle.address(), false).end(true);
        pass(10);
        assertThat(silent.isOpen()).isTrue();
        pass(1);
        assertThat(silent.isOpen()).isFalse();
        pass(9);
        assertThat(isLate).isFalse();
        pass(1);
        assertThat(isLate).isTrue();
        assertThat(sending.isOpen()).as("it is told").isTrue();
        pass(10);
        assertThat(reading.isOpen()).isFalse();
        pass(44);
        assertThat(idle.isOpen()).isTrue();
        pass(1);
        assertThat(idle.isOpen()).isFalse();
    }

    @Test
    void aRequestThatTakesLongToAnswerHasNoDeadline() {
        Accepted channel = connect("10.0.0.1");
        HttpConnections.Exchange exchange = connections.begin(channel.address(), true);
        exchange.receive(() -> {});
        exchange.received();
        pass(10_000);
        assertThat(channel.isOpen()).isTrue();
        exchange.send();
        exchange.end(true);
        pass(76);
        assertThat(channel.isOpen()).isFalse();
        assertThat(connections.size()).isZero();
    }
}
