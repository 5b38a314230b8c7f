/** What puts two studies of one day in order; the people of a study found without reading every study. */
export const version = 50;
export const name = 'study-order';
export const sql = `
ALTER TABLE study ADD COLUMN study_time TEXT NOT NULL DEFAULT '';  -- HHMMSS…, as the files say it; '' for NIfTI
-- Who blanks the dates of a catalog must not leave the times behind.
CREATE TRIGGER study_time_goes_with_date AFTER UPDATE OF study_date ON study WHEN NEW.study_date = ''
  BEGIN UPDATE study SET study_time = '' WHERE id = NEW.id; END;
CREATE INDEX study_by_uid ON study(study_instance_uid);
`;
