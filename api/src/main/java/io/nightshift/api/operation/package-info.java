/// The operations of the API, each of them once: method, path, role, parameters, body and answers. The routes of a
/// node, its gateway for messages, the Java client and the OpenAPI document follow from them.
@NullMarked
package io.nightshift.api.operation;

import org.jspecify.annotations.NullMarked;
