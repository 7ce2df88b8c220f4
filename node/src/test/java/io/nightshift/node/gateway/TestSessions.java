package io.nightshift.node.gateway;

import java.time.Duration;
import java.time.InstantSource;

/// Sessions of browsers whose time a test sets.
public final class TestSessions {

    /// The time after which a session ends.
    public static final Duration LIFETIME = BrowserSessions.LIFETIME;

    private TestSessions() {}

    /// @param clock by which sessions end
    public static BrowserSessions by(InstantSource clock) {
        return new BrowserSessions(new byte[32], clock);
    }
}
