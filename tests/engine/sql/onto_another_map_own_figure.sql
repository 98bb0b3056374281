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
    f.counts AND f.period BETWEEN 4028 AND 4051 AND f.measure IN (1)
  GROUP BY
    t.cell,
    f.unit,
    f.period
  HAVING
    COUNT(*) = 1
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
), taken AS (
  SELECT
    r.cell,
    w.taker AS unit,
    r.period,
    SUM(r.numerator) AS numerator,
    SUM(r.denominator) AS denominator,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
  FROM told AS r
  JOIN eras AS e
    ON e.period = r.period
  JOIN whole AS w
    ON w.unit = r.unit AND w.era = e.era
  GROUP BY
    r.cell,
    w.taker,
    r.period
), answer AS (
  SELECT
    cell,
    unit,
    period,
    numerator,
    denominator,
    reported,
    not_applicable,
    estimated,
    at_least,
    0 AS kept
  FROM taken
)
SELECT
  *
FROM answer
