WITH gathered AS (
  SELECT
    t.cell,
    f.unit,
    a.asked AS period,
    f.period AS half,
    SUM(
      CASE
        WHEN t.part = 0
        THEN CASE
          WHEN t.fold = 2 AND t.every_half
          THEN CAST(f.value AS DECIMAL(30, 4)) * CAST(0.5 AS DECIMAL(2, 1))
          ELSE CAST(f.value AS DECIMAL(33, 5))
        END
      END
    ) AS numerator,
    SUM(
      CASE
        WHEN t.part = 1
        THEN CASE
          WHEN t.fold = 2 AND t.every_half
          THEN CAST(f.value AS DECIMAL(30, 4)) * CAST(0.5 AS DECIMAL(2, 1))
          ELSE CAST(f.value AS DECIMAL(33, 5))
        END
      END
    ) AS denominator,
    MAX(t.part) AS parts,
    MAX(f.qualifier) AS qualifier,
    COUNT(*) AS pieces
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  JOIN asked AS a
    ON a.half = f.period AND (
      t.every_half OR a.is_last
    )
  WHERE
    f.counts AND f.period BETWEEN 4050 AND 4051
  GROUP BY
    t.cell,
    f.unit,
    a.asked,
    f.period
), year AS (
  SELECT
    g.cell,
    g.unit,
    g.period,
    g.half,
    g.numerator,
    g.denominator,
    SUM(g.pieces) OVER (PARTITION BY g.cell, g.unit, g.period) AS pieces,
    MAX(g.qualifier) OVER (PARTITION BY g.cell, g.unit, g.period) AS qualifier,
    MAX(g.half) OVER (PARTITION BY g.cell, g.unit, g.period) AS last_half,
    CASE
      WHEN COUNT(g.numerator) OVER (PARTITION BY g.cell, g.unit, g.period) = 0
      THEN 1
      WHEN MAX(g.parts) OVER (PARTITION BY g.cell, g.unit, g.period) = 1
      AND COUNT(g.denominator) OVER (PARTITION BY g.cell, g.unit, g.period) = 0
      THEN 1
      ELSE 0
    END AS misses
  FROM gathered AS g
), told AS (
  SELECT
    y.cell,
    y.unit,
    y.period,
    y.half,
    CASE WHEN y.misses = 1 THEN NULL ELSE y.numerator END AS numerator,
    CASE WHEN y.misses = 1 THEN NULL ELSE y.denominator END AS denominator,
    CASE WHEN y.half = y.last_half THEN 1 ELSE 0 END AS reported,
    CASE WHEN y.half = y.last_half THEN y.misses ELSE 0 END AS not_applicable,
    CASE WHEN y.half = y.last_half AND y.qualifier = 2 THEN 1 ELSE 0 END AS estimated,
    CASE WHEN y.half = y.last_half AND y.qualifier = 1 THEN 1 ELSE 0 END AS at_least
  FROM year AS y
  JOIN pieces AS n
    ON n.cell = y.cell
  JOIN alive AS a
    ON a.unit = y.unit AND a.period = y.period
  WHERE
    y.pieces = a.in_first * n.of_first + a.in_last * n.of_last
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
    ON e.period = r.half
  JOIN whole AS w
    ON w.unit = r.unit AND w.era = e.era
  GROUP BY
    r.cell,
    w.taker,
    r.period
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
  FROM taken AS r
  JOIN tree AS p
    ON p.unit = r.unit
  WHERE
    NOT p.parent IS NULL
  GROUP BY
    r.cell,
    p.parent,
    r.period
), kept_whole AS (
  SELECT
    r.cell,
    s.taker AS unit,
    r.period,
    SUM(r.numerator) AS numerator,
    SUM(r.denominator) AS denominator,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
  FROM told AS r
  JOIN eras AS e
    ON e.period = r.half
  JOIN shares AS s
    ON s.unit = r.unit AND s.era = e.era
  WHERE
    s.low = 1
  GROUP BY
    r.cell,
    s.taker,
    r.period
), shared AS (
  SELECT
    r.cell,
    s.taker AS unit,
    r.period,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least,
    CASE
      WHEN COUNT(CASE WHEN s.best IS NULL AND r.numerator <> 0 THEN 1 END) > 0
      THEN NULL
      ELSE CAST(COALESCE(SUM(CAST(r.numerator AS DECIMAL(27, 5)) * s.best), 0) AS DECIMAL(38, 14))
    END AS numerator_best,
    CAST(SUM(CAST(r.numerator AS DECIMAL(27, 5)) * s.low) AS DECIMAL(38, 14)) AS numerator_low,
    CAST(SUM(CAST(r.numerator AS DECIMAL(27, 5)) * s.high) AS DECIMAL(38, 14)) AS numerator_high,
    CASE
      WHEN COUNT(CASE WHEN s.best IS NULL AND r.denominator <> 0 THEN 1 END) > 0
      THEN NULL
      ELSE CAST(COALESCE(SUM(CAST(r.denominator AS DECIMAL(27, 5)) * s.best), 0) AS DECIMAL(38, 14))
    END AS denominator_best,
    CAST(SUM(CAST(r.denominator AS DECIMAL(27, 5)) * s.low) AS DECIMAL(38, 14)) AS denominator_low,
    CAST(SUM(CAST(r.denominator AS DECIMAL(27, 5)) * s.high) AS DECIMAL(38, 14)) AS denominator_high
  FROM told AS r
  JOIN eras AS e
    ON e.period = r.half
  JOIN shares AS s
    ON s.unit = r.unit AND s.era = e.era
  WHERE
    s.low < 1
  GROUP BY
    r.cell,
    s.taker,
    r.period
), answer AS (
  SELECT
    cell,
    unit,
    period,
    CAST(numerator AS DECIMAL(38, 14)) AS numerator,
    CAST(denominator AS DECIMAL(38, 14)) AS denominator,
    reported,
    not_applicable,
    estimated,
    at_least,
    0 AS kept
  FROM taken
  WHERE
    NOT unit IN (
      SELECT
        unit
      FROM mixed
    )
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    CAST(numerator AS DECIMAL(38, 14)) AS numerator,
    CAST(denominator AS DECIMAL(38, 14)) AS denominator,
    reported,
    not_applicable,
    estimated,
    at_least,
    0 AS kept
  FROM (
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
      FROM taken
      WHERE
        unit IN (
          SELECT
            unit
          FROM mixed
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
      FROM kept_whole
      UNION ALL
      SELECT
        cell,
        unit,
        period,
        NULL AS numerator,
        NULL AS denominator,
        reported,
        not_applicable,
        estimated,
        at_least
      FROM shared
    ) AS r
    GROUP BY
      r.cell,
      r.unit,
      r.period
  ) AS g
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    numerator_best AS numerator,
    denominator_best AS denominator,
    0 AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least,
    1 AS kept
  FROM shared
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    numerator_low AS numerator,
    denominator_low AS denominator,
    0 AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least,
    2 AS kept
  FROM shared
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    numerator_high AS numerator,
    denominator_high AS denominator,
    0 AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least,
    3 AS kept
  FROM shared
)
SELECT
  *
FROM answer
WHERE
  unit IN (
    SELECT
      unit
    FROM wanted
  )
