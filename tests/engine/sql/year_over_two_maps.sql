WITH folded AS (
  SELECT
    t.term,
    f.unit,
    a.asked AS period,
    CASE t.fold
      WHEN 3
      THEN MIN(
        CASE
          WHEN f.value IS NULL
          THEN NULL
          WHEN CASE t.test_op
            WHEN '>='
            THEN f.value >= t.test_value
            WHEN '>'
            THEN f.value > t.test_value
            WHEN '<='
            THEN f.value <= t.test_value
            WHEN '<'
            THEN f.value < t.test_value
            WHEN '=='
            THEN f.value = t.test_value
          END
          THEN 1
          ELSE 0
        END
      )
      WHEN 2
      THEN CASE
        WHEN COUNT(f.value) > 1
        THEN CAST(SUM(f.value) AS DECIMAL(30, 4)) * CAST(0.5 AS DECIMAL(2, 1))
        ELSE CAST(SUM(f.value) AS DECIMAL(33, 5))
      END
      ELSE CAST(SUM(f.value) AS DECIMAL(33, 5))
    END AS value,
    MAX(f.qualifier) AS qualifier
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  JOIN asked AS a
    ON a.half = f.period AND (
      t.every_half OR a.is_last
    )
  WHERE
    f.counts
    AND f.period BETWEEN 4048 AND 4051
    AND f.unit IN (
      SELECT
        unit
      FROM reach
    )
  GROUP BY
    t.term,
    t.fold,
    t.every_half,
    t.series_of_term,
    f.unit,
    a.asked,
    a.halves
  HAVING
    COUNT(*) = t.series_of_term * CASE WHEN t.every_half THEN a.halves ELSE 1 END
), gathered AS (
  SELECT
    t.cell,
    f.unit,
    f.period,
    SUM(CASE WHEN t.part = 0 THEN f.value END) AS numerator,
    SUM(CASE WHEN t.part = 1 THEN f.value END) AS denominator,
    MAX(t.part) AS parts,
    MAX(f.qualifier) AS qualifier
  FROM folded AS f
  JOIN term_heads AS t
    ON t.term = f.term
  GROUP BY
    t.cell,
    f.unit,
    f.period
  HAVING
    COUNT(*) = MIN(t.terms_of_cell)
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
  JOIN eras AS e
    ON e.period = r.period
  JOIN tree AS p
    ON p.unit = r.unit AND p.era = e.era
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
  JOIN eras AS e
    ON e.period = r.period
  JOIN tree AS p
    ON p.unit = r.unit AND p.era = e.era
  WHERE
    NOT p.parent IS NULL
  GROUP BY
    r.cell,
    p.parent,
    r.period
), level_3 AS (
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
  FROM level_2 AS r
  JOIN eras AS e
    ON e.period = r.period
  JOIN tree AS p
    ON p.unit = r.unit AND p.era = e.era
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
    FROM level_3
  ) AS r
  GROUP BY
    r.cell,
    r.unit,
    r.period
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
