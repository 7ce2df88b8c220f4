-- The index of removed batches. See docs/decisions/0038-retention.md.

CREATE TABLE removed_batch (
    batch VARCHAR(128) COLLATE "C" PRIMARY KEY,
    -- Whether nothing is left to do.
    done  BOOLEAN      NOT NULL
);

CREATE INDEX removed_batch_pending ON removed_batch (batch) WHERE NOT done;
