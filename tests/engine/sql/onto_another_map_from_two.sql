WITH due AS (
  SELECT
    era,
    taker AS unit,
    COUNT(*) AS units
  FROM gone
  GROUP BY
    era,
    taker
), rough AS (
  SELECT
    t.cell,
    w.taker AS unit,
    f.period,
    SUM(f.value) AS numerator,
    CAST(NULL AS DECIMAL(38, 4)) AS denominator,
    COUNT(CASE WHEN f.qualifier = 0 THEN f.value END) AS figures
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  JOIN eras AS e
    ON e.period = f.period
  JOIN gone AS w
    ON w.unit = f.unit AND w.era = e.era
  WHERE
    f.counts AND f.period BETWEEN 4048 AND 4051
  GROUP BY
    t.cell,
    w.taker,
    f.period
), summed AS (
  SELECT
    r.cell,
    r.unit,
    r.period,
    r.numerator,
    r.denominator,
    d.units,
    r.figures = d.units * 1 AS complete
  FROM rough AS r
  JOIN eras AS e
    ON e.period = r.period
  JOIN due AS d
    ON d.unit = r.unit AND d.era = e.era
), gathered AS (
  SELECT
    t.cell,
    f.unit,
    f.period,
    MAX(f.value) AS numerator,
    CAST(NULL AS DECIMAL(38, 4)) AS denominator,
    0 AS parts,
    MAX(f.qualifier) AS qualifier
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  JOIN eras AS e
    ON e.period = f.period
  JOIN gone AS w
    ON w.unit = f.unit AND w.era = e.era
  JOIN summed AS s
    ON s.cell = t.cell AND s.unit = w.taker AND s.period = f.period AND NOT s.complete
  WHERE
    f.counts AND f.period BETWEEN 4048 AND 4051
  GROUP BY
    t.cell,
    f.unit,
    f.period
  HAVING
    COUNT(*) = 1
), told AS (
  SELECT
    cell,
    -unit AS unit,
    period,
    numerator,
    denominator,
    CAST(units AS INT) AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least
  FROM summed
  WHERE
    complete AND unit < 0
  UNION ALL
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
    cell,
    unit AS unit,
    period,
    numerator,
    denominator,
    CAST(units AS INT) AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least
  FROM summed
  WHERE
    complete AND unit > 0
  UNION ALL
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
    ON e.period = r.period
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
    CAST(NULL AS DECIMAL(38, 14)) AS denominator_best,
    CAST(NULL AS DECIMAL(38, 14)) AS denominator_low,
    CAST(NULL AS DECIMAL(38, 14)) AS denominator_high
  FROM told AS r
  JOIN eras AS e
    ON e.period = r.period
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
      FROM level_2
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
