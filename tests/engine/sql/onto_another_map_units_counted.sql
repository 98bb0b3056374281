WITH gathered AS (
  SELECT
    t.cell,
    f.unit,
    f.period,
    SUM(
      CASE
        WHEN t.part = 0
        THEN CASE t.take
          WHEN 0
          THEN f.value
          WHEN 1
          THEN CASE WHEN f.value IS NULL THEN NULL ELSE 1 END
          WHEN 2
          THEN CASE
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
        END
      END
    ) AS numerator,
    SUM(
      CASE
        WHEN t.part = 1
        THEN CASE t.take
          WHEN 0
          THEN f.value
          WHEN 1
          THEN CASE WHEN f.value IS NULL THEN NULL ELSE 1 END
          WHEN 2
          THEN CASE
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
        END
      END
    ) AS denominator,
    MAX(t.part) AS parts,
    MAX(f.qualifier) AS qualifier
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  WHERE
    f.counts AND f.period BETWEEN 4050 AND 4050
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
), living AS (
  SELECT
    r.cell,
    r.unit,
    r.period,
    CASE WHEN r.numerator > 0 THEN p.people WHEN NOT r.numerator IS NULL THEN 0 END AS numerator,
    CASE
      WHEN r.numerator IS NULL
      THEN NULL
      WHEN r.denominator = 0
      THEN 0
      ELSE p.people
    END AS denominator,
    r.reported,
    r.not_applicable,
    r.estimated,
    r.at_least
  FROM told AS r
  LEFT JOIN people AS p
    ON p.unit = r.unit
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
  FROM living AS r
  JOIN whole AS w
    ON w.unit = r.unit
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
  FROM living AS r
  JOIN shares AS s
    ON s.unit = r.unit
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
  FROM living AS r
  JOIN shares AS s
    ON s.unit = r.unit
  WHERE
    s.low < 1
  GROUP BY
    r.cell,
    s.taker,
    r.period
), marks AS (
  SELECT
    t.cell,
    t.term,
    t.part,
    t.sign,
    f.unit,
    f.period,
    CAST(CASE t.take
      WHEN 0
      THEN f.value
      WHEN 1
      THEN CASE WHEN f.value IS NULL THEN NULL ELSE 1 END
      WHEN 2
      THEN CASE
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
    END AS INT) AS mark
  FROM facts AS f
  JOIN terms AS t
    ON t.measure = f.measure
  WHERE
    f.counts AND f.period BETWEEN 4050 AND 4050
), standing AS (
  SELECT
    m.cell,
    m.term,
    m.part,
    m.sign,
    k.taker AS unit,
    m.period,
    MIN(m.mark) AS least,
    MAX(m.mark) AS most
  FROM marks AS m
  JOIN told AS r
    ON r.cell = m.cell
    AND r.unit = m.unit
    AND r.period = m.period
    AND r.not_applicable = 0
  JOIN takers AS k
    ON k.unit = m.unit
  GROUP BY
    m.cell,
    m.term,
    m.part,
    m.sign,
    k.taker,
    m.period
), held_0 AS (
  SELECT
    cell,
    unit,
    period,
    CAST(SUM(CASE WHEN part = 0 THEN CASE WHEN sign > 0 THEN least ELSE -most END END) AS INT) AS numerator_low,
    CAST(SUM(CASE WHEN part = 0 THEN CASE WHEN sign > 0 THEN most ELSE -least END END) AS INT) AS numerator_high,
    CAST(SUM(CASE WHEN part = 1 THEN CASE WHEN sign > 0 THEN least ELSE -most END END) AS INT) AS denominator_low,
    CAST(SUM(CASE WHEN part = 1 THEN CASE WHEN sign > 0 THEN most ELSE -least END END) AS INT) AS denominator_high
  FROM standing
  GROUP BY
    cell,
    unit,
    period
), held_1 AS (
  SELECT
    r.cell,
    p.parent AS unit,
    r.period,
    CAST(SUM(r.numerator_low) AS INT) AS numerator_low,
    CAST(SUM(r.numerator_high) AS INT) AS numerator_high,
    CAST(SUM(r.denominator_low) AS INT) AS denominator_low,
    CAST(SUM(r.denominator_high) AS INT) AS denominator_high
  FROM held_0 AS r
  JOIN tree AS p
    ON p.unit = r.unit
  WHERE
    NOT p.parent IS NULL
  GROUP BY
    r.cell,
    p.parent,
    r.period
), held AS (
  SELECT
    cell,
    unit,
    period,
    numerator_low,
    numerator_high,
    denominator_low,
    denominator_high
  FROM held_0
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    numerator_low,
    numerator_high,
    denominator_low,
    denominator_high
  FROM held_1
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
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    CAST(SUM(numerator_low) AS DECIMAL(38, 14)) AS numerator,
    CAST(SUM(denominator_low) AS DECIMAL(38, 14)) AS denominator,
    0 AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least,
    4 AS kept
  FROM held
  GROUP BY
    cell,
    unit,
    period
  UNION ALL
  SELECT
    cell,
    unit,
    period,
    CAST(SUM(numerator_high) AS DECIMAL(38, 14)) AS numerator,
    CAST(SUM(denominator_high) AS DECIMAL(38, 14)) AS denominator,
    0 AS reported,
    0 AS not_applicable,
    0 AS estimated,
    0 AS at_least,
    5 AS kept
  FROM held
  GROUP BY
    cell,
    unit,
    period
)
SELECT
  *
FROM answer
