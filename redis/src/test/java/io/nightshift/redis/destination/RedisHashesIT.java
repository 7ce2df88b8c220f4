package io.nightshift.redis.destination;

import io.nightshift.protocol.job.RedisDestination.Format;
import redis.clients.jedis.Protocol.Command;

/// The contract with a hash for each record.
class RedisHashesIT extends RedisContract {

    @Override
    Format format() {
        return Format.HASH;
    }

    @Override
    void changePrediction(String key) {
        call(Command.HINCRBYFLOAT, key, "prediction", "1");
    }
}
