package io.nightshift.redis.destination;

import io.nightshift.protocol.job.RedisDestination.Format;
import io.nightshift.testing.Nightly;
import java.util.Objects;
import redis.clients.jedis.Protocol.Command;

/// The contract with a JSON object for each record.
@Nightly(shortForm = {"RedisHashesIT", "RedisValuesIT"})
class RedisJsonIT extends RedisContract {

    @Override
    Format format() {
        return Format.JSON;
    }

    @Override
    void changePrediction(String key) {
        String json = Objects.requireNonNull(connection().text(Command.GET, key));
        call(Command.SET, key, json.replace("\"prediction\":", "\"prediction\":1"));
    }
}
