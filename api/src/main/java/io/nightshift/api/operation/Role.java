package io.nightshift.api.operation;

import java.util.Locale;

/// The permissions of a token.
public enum Role {
    /// Read everything.
    READ,
    /// Read, and move the aliases of models. It starts no batches: a pipeline that trains models needs no more.
    MODELS,
    /// Read, and start batches. It moves no aliases, which would change the batches of others.
    SUBMIT,
    /// Everything.
    ADMIN;

    /// Whether a token with this role may do what needs another one.
    public boolean covers(Role needed) {
        return this == ADMIN || this == needed || needed == READ;
    }

    /// As in a configuration.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
