package io.nightshift.node.gateway;

import java.util.Locale;

/// What who has a token may do. A greater role may all that a smaller one may.
public enum Role {
    /// See what there is.
    READ,
    /// Start batches.
    SUBMIT,
    /// Control batches.
    ADMIN;

    public boolean covers(Role needed) {
        return compareTo(needed) >= 0;
    }

    /// As it stands in a configuration.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
