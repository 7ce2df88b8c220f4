-- Which incarnation of a batch's coordinator scores its quarantined rows again; 2147483647 if the batch is removed. So a
-- coordinator that was frozen at the end of a redrive does not delete the row of a later one.

ALTER TABLE removed_batch ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 0;
