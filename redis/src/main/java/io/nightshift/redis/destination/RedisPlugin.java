package io.nightshift.redis.destination;

import io.nightshift.destination.DestinationPlugin;
import io.nightshift.destination.DestinationServices;
import io.nightshift.destination.DestinationStore;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.endpoint.Diagnosis;
import java.util.List;

/// Redis and Valkey, for programs with this module.
public final class RedisPlugin implements DestinationPlugin {

    @Override
    public Class<RedisDestination> type() {
        return RedisDestination.class;
    }

    @Override
    public Stores open(DestinationServices services) {
        return new Servers(services);
    }

    private record Servers(DestinationServices services) implements Stores {

        @Override
        public DestinationStore of(Destination destination, SourceReaders sources) {
            return new RedisStore((RedisDestination) destination, services.dataSources(), services.duckDb(), sources);
        }

        @Override
        public List<Diagnosis> examine() {
            return services.dataSources().byName().entrySet().stream()
                    .filter(source -> source.getValue().isRedis())
                    .flatMap(
                            source -> RedisExamination.of(source.getValue(), "data source " + source.getKey()).stream())
                    .toList();
        }
    }
}
