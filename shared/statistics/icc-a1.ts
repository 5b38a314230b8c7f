/**
 * ICC(A,1): intraclass correlation, two-way, absolute agreement, single measurement.
 *
 * (MSR − MSE) / (MSR + (k − 1)·MSE + k·(MSC − MSE)/n) with rows = subjects, columns = measurements. The same
 * number as Shrout & Fleiss' ICC(2,1).
 *
 * @param rows one array of k ≥ 2 measurements per subject, all of one length
 * @returns null for fewer than 2 subjects, or when all values are equal (no variance to share)
 * @throws RangeError when rows differ in length or hold fewer than two values
 * @see McGraw & Wong 1996, Psychological Methods 1(1):30–46, table 4
 */
export function iccA1(rows: readonly (readonly number[])[]): number | null {
  const n = rows.length;
  const k = rows[0]?.length ?? 0;
  if (n > 0 && (k < 2 || rows.some((row) => row.length !== k))) {
    throw new RangeError('Expected the same number of measurements, at least two, for every subject.');
  }
  if (n < 2) return null;
  // Rounding leaves a variance of equal values a little above zero.
  if (rows.every((row) => row.every((value) => value === rows[0]![0]))) return null;
  let grand = 0;
  for (const row of rows) for (const value of row) grand += value / (n * k);
  const rowMeans = rows.map((row) => row.reduce((s, value) => s + value / k, 0));
  const columnMeans = Array.from({ length: k }, (_, c) => rows.reduce((s, row) => s + row[c]! / n, 0));
  const msr = (k * rowMeans.reduce((s, m) => s + (m - grand) ** 2, 0)) / (n - 1);
  const msc = (n * columnMeans.reduce((s, m) => s + (m - grand) ** 2, 0)) / (k - 1);
  let residual = 0;
  rows.forEach((row, r) => {
    row.forEach((value, c) => {
      residual += (value - rowMeans[r]! - columnMeans[c]! + grand) ** 2;
    });
  });
  const mse = residual / ((n - 1) * (k - 1));
  const denominator = msr + (k - 1) * mse + (k * (msc - mse)) / n;
  return denominator > 0 ? (msr - mse) / denominator : null;
}
