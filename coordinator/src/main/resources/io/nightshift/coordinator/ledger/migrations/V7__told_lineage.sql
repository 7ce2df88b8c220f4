-- What lineage receivers know of each batch. See docs/decisions/0044-lineage.md.

CREATE TABLE told_lineage (
    batch  VARCHAR(128) COLLATE "C" PRIMARY KEY,
    number BIGINT       NOT NULL,
    -- What was sent last: NOTHING, STARTED, FAILED or ENDED.
    told   VARCHAR(16)  NOT NULL
);

CREATE INDEX told_lineage_number ON told_lineage (number, batch);
CREATE INDEX told_lineage_pending ON told_lineage (number, batch) WHERE told <> 'ENDED';
