import type { Picture } from '../../shared/review/records.ts';

const SLICES = ['sagittal', 'coronal', 'axial'] as const;
const RENDERS = ['front', 'left', 'right'] as const;

/** Three slices; the stage that is missing falls back on the other, and says so. */
export function Slices({ pictures, stage }: { pictures: readonly Picture[]; stage: Picture['stage'] }) {
  return (
    <div className="rf-slices">
      {SLICES.map((view) => {
        const here = pictures.filter((picture) => picture.view === view);
        const shown = here.find((picture) => picture.stage === stage) ?? here[0];
        return (
          <figure key={view}>
            {shown ? (
              <img src={shown.url} alt={shown.label} />
            ) : (
              <div className="rf-nopicture">No picture was made.</div>
            )}
            <figcaption>
              {view}, {shown ? (shown.stage === 'before' ? 'before' : 'after') : 'missing'}
            </figcaption>
          </figure>
        );
      })}
    </div>
  );
}

/** Head surface before and after, side by side. */
export function Renders({ pictures }: { pictures: readonly Picture[] }) {
  return (
    <div className="rf-renders">
      {(['before', 'after'] as const).map((stage) => (
        <section key={stage} aria-label={`Surface ${stage}`}>
          <h3>{stage === 'before' ? 'Surface before' : 'Surface after'}</h3>
          <div>
            {RENDERS.map((view) => {
              const picture = pictures.find((item) => item.stage === stage && item.view === view);
              return (
                <figure key={view}>
                  {picture ? (
                    <img src={picture.url} alt={picture.label} />
                  ) : (
                    <div className="rf-nopicture">No picture was made.</div>
                  )}
                  <figcaption>{view}</figcaption>
                </figure>
              );
            })}
          </div>
        </section>
      ))}
    </div>
  );
}
