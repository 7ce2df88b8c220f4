/// Redis and Valkey servers: a connection whose errors say what was being done, and what a server is like.
@NullMarked
package io.nightshift.redis;

import org.jspecify.annotations.NullMarked;
