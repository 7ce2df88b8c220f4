package io.nightshift.node.gateway;

import java.util.Locale;

/// The permissions of a token. Each role includes those before it.
public enum Role {
    /// Read everything.
    READ,
    /// Start batches.
    SUBMIT,
    /// Control batches.
    ADMIN;

    public boolean covers(Role needed) {
        return compareTo(needed) >= 0;
    }

    /// As in a configuration.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
