package io.nightshift.coordinator.register;

import com.typesafe.config.Config;

/// The keys of the register in the sections `nightshift.batch` and `nightshift.ledger` of the configuration.
///
/// @param scoringAtOnce how many batches of one job and priority score at the same time, at least 1
/// @param keep how many ended batches, and how many idempotency keys, the register keeps in memory, at least 0
public record RegisterSettings(int scoringAtOnce, int keep) {

    public RegisterSettings {
        if (scoringAtOnce < 1) {
            throw new IllegalArgumentException("nightshift.batch.scoring-at-once must be at least 1");
        }
        if (keep < 0) {
            throw new IllegalArgumentException("nightshift.ledger.keep must be at least 0");
        }
    }

    /// @param config the section `nightshift`
    public static RegisterSettings of(Config config) {
        return new RegisterSettings(config.getInt("batch.scoring-at-once"), config.getInt("ledger.keep"));
    }
}
