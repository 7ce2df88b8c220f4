package io.nightshift.coordinator.register;

import com.typesafe.config.Config;

/// The keys of the register in the section `nightshift.batch` of the configuration.
///
/// @param scoringAtOnce how many batches score at the same time in the cluster, at least 1
public record RegisterSettings(int scoringAtOnce) {

    public RegisterSettings {
        if (scoringAtOnce < 1) {
            throw new IllegalArgumentException("nightshift.batch.scoring-at-once must be at least 1");
        }
    }

    /// @param config the section itself
    public static RegisterSettings of(Config config) {
        return new RegisterSettings(config.getInt("scoring-at-once"));
    }
}
