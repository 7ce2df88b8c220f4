-- Which cluster works on this journal, and which nodes are in it. See docs/decisions/0011.

CREATE TABLE cluster (
    id        UUID         NOT NULL,
    formed_by VARCHAR(255) NOT NULL,
    formed_at TIMESTAMPTZ  NOT NULL DEFAULT clock_timestamp()
);

-- There is one.
CREATE UNIQUE INDEX cluster_single ON cluster ((TRUE));

CREATE TABLE member (
    address     VARCHAR(255) PRIMARY KEY,
    -- Of the process; one that starts again at the same address has another.
    incarnation UUID         NOT NULL,
    -- Null while it is still to join.
    cluster     UUID,
    seen        TIMESTAMPTZ  NOT NULL
);
