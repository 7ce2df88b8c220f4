-- The archive of ended batches, as in migrations/V3__archive.sql. Run whenever the ledger is opened.

CREATE TABLE IF NOT EXISTS batch_archive (
    batch  VARCHAR(128) PRIMARY KEY,
    number BIGINT       NOT NULL,
    job    VARCHAR(128) NOT NULL,
    run    VARCHAR(64)  NOT NULL,
    phase  VARCHAR(16)  NOT NULL,
    entry  VARBINARY    NOT NULL
);

CREATE INDEX IF NOT EXISTS batch_archive_number ON batch_archive (number, batch);
CREATE INDEX IF NOT EXISTS batch_archive_phase ON batch_archive (phase, number, batch);
CREATE INDEX IF NOT EXISTS batch_archive_job ON batch_archive (job, number, batch);
CREATE INDEX IF NOT EXISTS batch_archive_run ON batch_archive (run, phase, number, batch);

CREATE TABLE IF NOT EXISTS key_archive (
    job            VARCHAR(128) NOT NULL,
    submission_key VARCHAR      NOT NULL,
    fingerprint    VARCHAR(64)  NOT NULL,
    batch          VARCHAR(128) NOT NULL,
    PRIMARY KEY (job, submission_key)
);
