import type { Picture } from '../../shared/review/records.ts';
import { Dialog } from '../ui/dialog.tsx';

/** Two views that are looked at together. */
export const PAIRS = [
  { name: 'surface', label: 'Surface', views: ['front', 'three-quarter'] },
  { name: 'slices', label: 'Slices', views: ['sagittal', 'axial'] },
] as const satisfies readonly { name: string; label: string; views: readonly Picture['view'][] }[];
export type PairName = (typeof PAIRS)[number]['name'];

function viewsOf(pair: PairName): readonly Picture['view'][] {
  return PAIRS.find(({ name }) => name === pair)?.views ?? [];
}

/** Both views of one stage, one above the other; a click shows them large beside the original. */
export function ComparePictures({
  pictures,
  stage,
  pair,
  onEnlarge,
}: {
  pictures: readonly Picture[];
  stage: Picture['stage'];
  pair: PairName;
  onEnlarge?: (() => void) | undefined;
}) {
  return (
    <>
      {viewsOf(pair).map((view) => {
        const picture = pictures.find((item) => item.stage === stage && item.view === view);
        const image = picture ? (
          <img className="rf-still" src={picture.url} alt={picture.label} />
        ) : (
          <div className="rf-nopicture">No picture was made.</div>
        );
        return (
          <figure key={view} className="rf-compare-picture">
            {picture && onEnlarge ? (
              <button type="button" onClick={onEnlarge} title="Show large beside the original">
                {image}
              </button>
            ) : (
              image
            )}
            <figcaption>{view}</figcaption>
          </figure>
        );
      })}
    </>
  );
}

/** Original and result as large as the window allows. */
export function PicturePair({
  title,
  pictures,
  pair,
  onClose,
}: {
  title: string;
  pictures: readonly Picture[];
  pair: PairName;
  onClose: () => void;
}) {
  return (
    <Dialog opened onClose={onClose} size="min(72rem, 96vw)" title={`Original and ${title.toLowerCase()}`}>
      <div className="rf-compare-large">
        {viewsOf(pair).flatMap((view) =>
          (['before', 'after'] as const).map((stage) => {
            const picture = pictures.find((item) => item.stage === stage && item.view === view);
            return (
              <figure key={`${view} ${stage}`} className="rf-compare-picture">
                {picture && <img className="rf-still" src={picture.url} alt={picture.label} />}
                <figcaption>
                  {view}, {stage === 'before' ? 'original' : 'de-identified'}
                </figcaption>
              </figure>
            );
          }),
        )}
      </div>
    </Dialog>
  );
}
