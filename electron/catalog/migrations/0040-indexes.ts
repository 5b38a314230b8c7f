/** What is counted after every change, and what progress is counted from, found without reading whole rows. */
export const version = 40;
export const name = 'indexes';
export const sql = `
CREATE INDEX measurement_outcome ON measurement(failure, derivative_id, series_id);
DROP INDEX job_by_batch;
CREATE INDEX job_by_batch ON job(batch_id, kind, state);
CREATE INDEX job_by_series ON job(series_id, kind);
`;
