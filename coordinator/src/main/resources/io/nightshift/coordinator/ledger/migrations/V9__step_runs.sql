-- Runs of steps that have begun and not ended: the step may have ended its process. See
-- docs/decisions/0059-crashes-in-steps.md.

CREATE TABLE step_run (
    batch VARCHAR(128) COLLATE "C" NOT NULL,
    step  VARCHAR(16)  NOT NULL,
    run   VARCHAR(64)  NOT NULL,
    node  VARCHAR(300) NOT NULL,
    PRIMARY KEY (batch, run)
);
