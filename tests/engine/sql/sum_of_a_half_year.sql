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
    f.counts AND f.period BETWEEN 4051 AND 4051 AND f.measure IN (1, 2)
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
), level_1 AS (
  SELECT
    r.cell,
    p.parent AS unit,
    r.period,
    SUM(r.numerator) AS numerator,
    SUM(r.denominator) AS denominator,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
  FROM told AS r
  JOIN tree AS p
    ON p.unit = r.unit
  WHERE
    NOT p.parent IS NULL
  GROUP BY
    r.cell,
    p.parent,
    r.period
), level_2 AS (
  SELECT
    r.cell,
    p.parent AS unit,
    r.period,
    SUM(r.numerator) AS numerator,
    SUM(r.denominator) AS denominator,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
  FROM level_1 AS r
  JOIN tree AS p
    ON p.unit = r.unit
  WHERE
    NOT p.parent IS NULL
  GROUP BY
    r.cell,
    p.parent,
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
    at_least
  FROM told
  WHERE
    NOT unit IN (
      SELECT
        unit
      FROM inner_units
    )
  UNION ALL
  SELECT
    r.cell,
    r.unit,
    r.period,
    SUM(r.numerator) AS numerator,
    SUM(r.denominator) AS denominator,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
  FROM (
    SELECT
      cell,
      unit,
      period,
      numerator,
      denominator,
      reported,
      not_applicable,
      estimated,
      at_least
    FROM told
    WHERE
      unit IN (
        SELECT
          unit
        FROM inner_units
      )
    UNION ALL
    SELECT
      cell,
      unit,
      period,
      numerator,
      denominator,
      reported,
      not_applicable,
      estimated,
      at_least
    FROM level_1
    UNION ALL
    SELECT
      cell,
      unit,
      period,
      numerator,
      denominator,
      reported,
      not_applicable,
      estimated,
      at_least
    FROM level_2
  ) AS r
  GROUP BY
    r.cell,
    r.unit,
    r.period
)
SELECT
  *
FROM answer
