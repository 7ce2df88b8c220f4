package io.nightshift.coordinator.http;

/// Who makes a request.
///
/// @param name of the token; `local` where none is needed
/// @param address where the request comes from
record Caller(String name, Role role, String address) {}
