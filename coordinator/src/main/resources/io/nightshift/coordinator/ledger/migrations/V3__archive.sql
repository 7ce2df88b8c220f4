-- Snapshots, and the archive of ended batches. See docs/decisions/0024-register.md.

-- As Pekko Persistence JDBC 1.1 reads and writes it.
CREATE TABLE snapshot (
    persistence_id        VARCHAR(255) NOT NULL,
    sequence_number       BIGINT       NOT NULL,
    created               BIGINT       NOT NULL,
    snapshot_ser_id       INTEGER      NOT NULL,
    snapshot_ser_manifest VARCHAR(255) NOT NULL,
    snapshot_payload      BYTEA        NOT NULL,
    meta_ser_id           INTEGER,
    meta_ser_manifest     VARCHAR(255),
    meta_payload          BYTEA,
    PRIMARY KEY (persistence_id, sequence_number)
);

CREATE TABLE batch_archive (
    batch  VARCHAR(128) COLLATE "C" PRIMARY KEY,
    -- The place in the order of submission.
    number BIGINT       NOT NULL,
    job    VARCHAR(128) COLLATE "C" NOT NULL,
    -- SHA-256 of the job's name and the parameters.
    run    VARCHAR(64)  COLLATE "C" NOT NULL,
    phase  VARCHAR(16)  NOT NULL,
    entry  BYTEA        NOT NULL
);

CREATE INDEX batch_archive_number ON batch_archive (number, batch);
CREATE INDEX batch_archive_phase ON batch_archive (phase, number, batch);
CREATE INDEX batch_archive_job ON batch_archive (job, number, batch);
CREATE INDEX batch_archive_run ON batch_archive (run, phase, number, batch);

-- The idempotency keys of submissions.
CREATE TABLE key_archive (
    job            VARCHAR(128) COLLATE "C" NOT NULL,
    submission_key TEXT         COLLATE "C" NOT NULL,
    fingerprint    VARCHAR(64)  NOT NULL,
    batch          VARCHAR(128) COLLATE "C" NOT NULL,
    PRIMARY KEY (job, submission_key)
);
