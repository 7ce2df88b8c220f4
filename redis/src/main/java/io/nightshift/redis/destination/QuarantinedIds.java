package io.nightshift.redis.destination;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.redis.RedisConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.Protocol.Command;

/// The IDs of a batch's quarantined rows. Those of records can't repeat, since a key holds one record; those of
/// quarantined rows can.
final class QuarantinedIds {

    private QuarantinedIds() {}

    /// IDs that several rows of a batch have, as `id × times`. Keeps the IDs of quarantined rows in memory.
    ///
    /// @param limit how many to give at most
    static List<String> repeated(
            RedisConnection connection, RedisBatch batch, List<PartitionCommit> commits, int limit) {
        Map<String, Integer> times = new HashMap<>();
        for (PartitionCommit commit : commits) {
            if (commit.quarantined() == 0) {
                continue;
            }
            List<String> ids = new ArrayList<>();
            QuarantineReader.elements(connection, batch, commit.partition(), row -> {
                String id = QuarantineReader.id(row);
                if (id != null) {
                    ids.add(id);
                }
                return true;
            });
            for (String id : ids) {
                long records = connection.number(Command.EXISTS, batch.keys().records() + id);
                times.merge(id, times.containsKey(id) ? 1 : 1 + (int) records, Integer::sum);
            }
        }
        return times.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(limit)
                .map(entry -> entry.getKey() + " × " + entry.getValue())
                .toList();
    }
}
