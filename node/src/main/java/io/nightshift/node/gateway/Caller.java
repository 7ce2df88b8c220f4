package io.nightshift.node.gateway;

import io.nightshift.api.operation.Role;

/// The caller of a request.
///
/// @param name the token's name; `anyone` if no token is needed
/// @param address the address that the request comes from
public record Caller(String name, Role role, String address) {}
