WITH gathered AS (
  SELECT
    t.cell,
    f.unit,
    f.period,
    SUM(CASE WHEN t.part = 0 THEN f.value END) AS numerator,
    SUM(CASE WHEN t.part = 1 THEN f.value END) AS denominator,
    MAX(t.part) AS parts,
    MAX(f.qualifier) AS qualifier
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  WHERE
    f.counts
    AND f.period BETWEEN 4050 AND 4050
    AND f.unit IN (
      SELECT
        unit
      FROM reach
    )
  GROUP BY
    t.cell,
    f.unit,
    f.period
  HAVING
    COUNT(*) = 2
), told AS (
  SELECT
    g.cell,
    g.unit,
    g.period,
    CASE
      WHEN g.numerator IS NULL OR (
        g.parts = 1 AND g.denominator IS NULL
      )
      THEN NULL
      ELSE g.numerator
    END AS numerator,
    CASE
      WHEN g.numerator IS NULL OR (
        g.parts = 1 AND g.denominator IS NULL
      )
      THEN NULL
      ELSE g.denominator
    END AS denominator,
    1 AS reported,
    CASE
      WHEN g.numerator IS NULL OR (
        g.parts = 1 AND g.denominator IS NULL
      )
      THEN 1
      ELSE 0
    END AS not_applicable,
    CASE WHEN g.qualifier = 2 THEN 1 ELSE 0 END AS estimated,
    CASE WHEN g.qualifier = 1 THEN 1 ELSE 0 END AS at_least
  FROM gathered AS g
), answer AS (
  SELECT
    r.cell,
    s.taker AS unit,
    r.period,
    r.numerator,
    r.denominator,
    s.low,
    s.high
  FROM told AS r
  JOIN shares AS s
    ON s.unit = r.unit
  WHERE
    s.low < s.high AND r.not_applicable = 0
)
SELECT
  *
FROM answer
