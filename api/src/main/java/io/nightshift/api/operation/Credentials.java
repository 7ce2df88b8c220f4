package io.nightshift.api.operation;

/// The ways in which a caller may identify itself.
public enum Credentials {
    /// By a token, or by the session of a browser.
    TOKEN_OR_SESSION,
    /// By a token, or by a sign-in code.
    TOKEN_OR_CODE,
    /// By a token only.
    TOKEN
}
