/// Records of a Redis or Valkey server: a key for each record ID, and one key that names the newest batch.
@NullMarked
package io.nightshift.redis.destination;

import org.jspecify.annotations.NullMarked;
