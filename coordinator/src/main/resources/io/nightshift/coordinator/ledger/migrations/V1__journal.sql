-- The tables that Pekko Persistence JDBC 1.1 reads and writes, in the schema that Flyway chose.

CREATE TABLE event_journal (
    ordering           BIGSERIAL UNIQUE,
    persistence_id     VARCHAR(255) NOT NULL,
    sequence_number    BIGINT       NOT NULL,
    deleted            BOOLEAN      NOT NULL DEFAULT FALSE,
    writer             VARCHAR(255) NOT NULL,
    write_timestamp    BIGINT,
    adapter_manifest   VARCHAR(255),
    event_ser_id       INTEGER      NOT NULL,
    event_ser_manifest VARCHAR(255) NOT NULL,
    event_payload      BYTEA        NOT NULL,
    meta_ser_id        INTEGER,
    meta_ser_manifest  VARCHAR(255),
    meta_payload       BYTEA,
    -- Fences a second writer of the same history.
    PRIMARY KEY (persistence_id, sequence_number)
);

CREATE TABLE event_tag (
    event_id BIGINT       NOT NULL REFERENCES event_journal (ordering) ON DELETE CASCADE,
    tag      VARCHAR(256) NOT NULL,
    PRIMARY KEY (event_id, tag)
);
