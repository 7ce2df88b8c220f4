package io.nightshift.node.gateway;

/// Who asks for something.
///
/// @param name that the token has; `local` where none is needed
/// @param address where the request comes from
public record Caller(String name, Role role, String address) {}
