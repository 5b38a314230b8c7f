import { describe, expect, it } from 'vitest';
import { createMemory, isConcerned, keyOf } from './memory.ts';

const HEADER = keyOf('deidentify.previewHeader', { seriesId: 1, policy: 'own' });
const FOLDER = keyOf('project.browse', { dir: '/data' });
const SERIES = keyOf('catalog.series', { id: 1 });
const PROJECT = keyOf('project.current', {});
const settled = () => new Promise((done) => setTimeout(done));

/** A host that answers when told to. */
function host() {
  const asked: { name: string; answer: (value: unknown) => void; refuse: () => void }[] = [];
  const memory = createMemory(
    (name) =>
      new Promise((resolve, reject) => {
        asked.push({ name, answer: resolve, refuse: () => reject(new Error('disk gone')) });
      }),
  );
  const answer = async (value: unknown) => {
    asked.at(-1)?.answer(value);
    await settled();
  };
  return { asked, memory, answer, known: (key: string) => memory.entry(key)?.value };
}

describe('isConcerned', () => {
  it('has the header preview asked again when a policy is saved or another project is opened', () => {
    expect(isConcerned('deidentify.previewHeader', ['deidentify', 'project'])).toBe(true);
    expect(isConcerned('deidentify.previewHeader', ['*'])).toBe(true);
  });

  it('leaves the header preview alone while a batch finishes its scans', () => {
    expect(isConcerned('deidentify.previewHeader', ['jobs', 'catalog', 'project'])).toBe(false);
  });

  it('never repeats a preview of a face, folders or the checks of the computer for a change', () => {
    for (const name of ['deidentify.previewFace', 'project.browse', 'project.doctor'])
      expect(isConcerned(name, ['*'])).toBe(false);
  });

  it('goes by the areas of the feature otherwise', () => {
    expect(isConcerned('review.queue', ['catalog'])).toBe(true);
    expect(isConcerned('models.list', ['catalog'])).toBe(false);
  });
});

describe('createMemory', () => {
  it('asks once for what is known, and again for what is stale or failed', async () => {
    const { asked, memory, answer } = host();
    memory.visit(SERIES);
    memory.visit(SERIES);
    await answer('one');
    memory.visit(SERIES);
    expect(asked).toHaveLength(1);
    memory.refresh([SERIES]);
    expect(asked).toHaveLength(1);
    memory.visit(SERIES);
    expect(asked).toHaveLength(2);
    asked[1]?.refuse();
    await settled();
    memory.visit(SERIES);
    expect(asked).toHaveLength(3);
  });

  it.each([HEADER, FOLDER])('asks again at each visit, showing the old answer meanwhile: %s', async (key) => {
    const { asked, memory, answer, known } = host();
    memory.visit(key);
    await answer('old');
    memory.visit(key);
    expect(asked).toHaveLength(2);
    expect(known(key)).toBe('old');
    await answer('new');
    expect(known(key)).toBe('new');
  });

  it('asks again at once what somebody looks at', async () => {
    const { asked, memory, answer } = host();
    memory.subscribe(SERIES, () => {});
    memory.visit(SERIES);
    await answer('old');
    memory.refresh(memory.concerned(['catalog']));
    expect(asked).toHaveLength(2);
  });

  it('shows nothing of the project before in the next one', async () => {
    const { asked, memory, answer, known } = host();
    memory.visit(HEADER);
    await answer('PatientName of A');
    memory.know(PROJECT, 'B');
    memory.forget(PROJECT);
    expect(memory.entry(HEADER)).toBeUndefined();
    expect(known(PROJECT)).toBe('B');
    memory.visit(HEADER);
    expect(known(HEADER)).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  it('asks the next project at once for what is on screen, which is empty meanwhile', async () => {
    const { asked, memory, answer, known } = host();
    let seen: unknown = 'untold';
    memory.subscribe(SERIES, () => {
      seen = known(SERIES);
    });
    memory.visit(SERIES);
    await answer('of A');
    expect(seen).toBe('of A');
    memory.forget(PROJECT);
    expect(seen).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  it('drops an answer that was on its way when the project changed', async () => {
    const { asked, memory, answer, known } = host();
    memory.visit(HEADER);
    memory.forget(PROJECT);
    memory.visit(HEADER);
    asked[0]?.answer('PatientName of A');
    await settled();
    expect(known(HEADER)).toBeUndefined();
    await answer('of B');
    expect(known(HEADER)).toBe('of B');
  });
});
