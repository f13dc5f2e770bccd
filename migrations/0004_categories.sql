-- What GET /categories answers, kept beside the rows of each part: counting the sessions of 10 million events from the
-- rows takes seconds, from this tenths of one. A projection and not a view with a table of its own, because it is made
-- of the rows that are in the part, so that it cannot differ from them.
--
-- Measured: 7 MB for a million events. An insert into one month takes as long as before, one into 600 months 1.4 times
-- as long.
--
-- `notEmpty` and not `!= ''`: ClickHouse rewrites the latter in questions, and then does not see that they match.
ALTER TABLE events{{local}} ADD PROJECTION IF NOT EXISTS by_category
(
    SELECT
        category,
        count(),
        uniqExactIf(session_id, notEmpty(session_id)),
        min(timestamp),
        max(timestamp)
    GROUP BY category
);

ALTER TABLE events{{local}} MATERIALIZE PROJECTION IF EXISTS by_category;
