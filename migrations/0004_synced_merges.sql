-- A part that others were merged into is all that there is of their rows once those are removed, so it must be on the disk
-- before that: after a loss of power it was empty, however long ago its events had been acknowledged.
ALTER TABLE events{{local}} MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

ALTER TABLE minutes{{local}} MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

ALTER TABLE hours{{local}} MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

ALTER TABLE rejected_events{{local}} MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
